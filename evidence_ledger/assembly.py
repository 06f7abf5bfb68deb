"""The one place where the parts of a ledger are joined."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.database import Database, PostgresqlDatabase, parse_database
from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.key_files import open_signer, save_signer
from evidence_ledger.adapters.keys.note_signer import (
    generate_note_signer,
    open_note_signer,
    save_note_signer,
)
from evidence_ledger.adapters.keys.pin_desk import OPERATOR_PIN
from evidence_ledger.adapters.keys.self_issued import generate_signer
from evidence_ledger.adapters.matter_book import MatterBook
from evidence_ledger.adapters.memory import FileMemory
from evidence_ledger.adapters.outbox import Outbox
from evidence_ledger.adapters.settings import Settings
from evidence_ledger.adapters.sole import sole_holder
from evidence_ledger.adapters.sql.opening import create_store, is_unfinished, open_store
from evidence_ledger.adapters.timestamping.authority_list import LOCAL, AuthorityList
from evidence_ledger.adapters.timestamping.capture import HttpRevocation
from evidence_ledger.adapters.timestamping.configured import remote_authority
from evidence_ledger.adapters.timestamping.local import (
    create_local_authority,
    open_local_authority,
)
from evidence_ledger.adapters.trust_text import trust_text
from evidence_ledger.adapters.witnesses.configured import remote_witness
from evidence_ledger.adapters.witnesses.witness_list import WitnessList
from evidence_ledger.auditing.audit import AuditParts, audit
from evidence_ledger.author import Author
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.report import Report
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import (
    KeyUnreadable,
    LedgerCorrupt,
    LedgerExists,
    LedgerNotFound,
    OutputExists,
)
from evidence_ledger.issuing.completing import Completer
from evidence_ledger.issuing.issuer import Issuer
from evidence_ledger.ledger import Ledger
from evidence_ledger.ports import Clock, Entropy, NonceMemory, TimestampAuthority, Witness
from evidence_ledger.renewing.renewer import Renewer
from evidence_ledger.sealing.asking import AskingRules
from evidence_ledger.sealing.cosigning import CosigningRules
from evidence_ledger.sealing.sealer import SealingParts


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """A ledger on this machine with all that stands around it.

    ``nonces`` is what all hosts share, where several may serve the ledger.
    """

    home: Home
    settings: Settings
    database: Database
    ledger: Ledger
    issuer: Issuer
    outbox: Outbox
    matters: MatterBook
    nonces: NonceMemory | None
    _parts: SealingParts
    _roots: Mapping[str, Sequence[bytes]]
    _vkeys: Mapping[str, Sequence[str]]

    def audit(
        self,
        *,
        signatures: bool = True,
        processes: int = 1,
        advance: Callable[[int], object] = lambda _: None,
    ) -> Report:
        """Check everything that is stored. See auditing."""
        from evidence_ledger.adapters.sql.audit import audit_chain

        parts = self._parts
        keys = [VerifierKey.parse(signer.vkey) for signer in parts.note_signers]
        chain = partial(
            audit_chain,
            self.database,
            origin=parts.origin,
            processes=processes,
            claims=True,
            advance=advance,
        )
        return audit(
            AuditParts(
                origin=parts.origin,
                store=parts.store,
                memory=parts.memory,
                keys=keys,
                roots=self._roots,
                chain=lambda check: chain(check=check, signatures=check is not None),
                at=parts.clock.now(),
                operator=parts.first_operator,
                witnesses=self._vkeys,
                several_hosts=parts.several_hosts,
            ),
            signatures=signatures,
        )

    def completer(self) -> Completer:
        """What shows all entries of a matter."""
        return Completer(self.ledger.store, self.issuer)

    @property
    def operator(self) -> Author:
        """The ledger's own operator, who signs seals and acts on the register."""
        return self._parts.operator

    @property
    def first_operator(self) -> bytes:
        """SHA-256 of the X.509 certificate with which the register begins."""
        return self._parts.first_operator

    @contextmanager
    def sealing_turn(self) -> Iterator[bool]:
        """Whether no other process, here or on another host, is at sealing now."""
        with sole_holder(self.home.sealing) as here, ExitStack() as stack:
            yield here and stack.enter_context(self.ledger.store.alone())

    def renewer(self) -> Renewer:
        """What renews its timestamps."""
        return Renewer(self._parts, self.ledger, self._roots)

    def close(self) -> None:
        """Let go of the database and of the witnesses."""
        for one in self._parts.witnesses:
            one.close()
        self.ledger.close()


def create_ledger(
    home: Home,
    *,
    origin: str | None = None,
    digests: Sequence[Algorithm] = (),
    name: str = "depositor",
    database: PostgresqlDatabase | None = None,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> Settings:
    """Make a ledger, its keys, a local timestamp authority and a trust policy for it.

    ``name`` is the common name in the depositor's X.509 certificate. ``database`` is an empty one
    of PostgreSQL, whose password is not kept; else a SQLite file is made. Whatever an interrupted
    creation left behind is completed; settings are written last, and are what makes it a ledger.
    Raises LedgerExists, OutputExists where other files are in the folder, OutputUnwritable,
    FormatError.
    """
    if _is_made(home):
        raise LedgerExists("There is a ledger already.", where=str(home.folder))
    _require_own(home)
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    settings = Settings(
        origin or f"local/{entropy.take(8).hex()}",
        tuple(dict.fromkeys([Algorithm.SHA256, *digests])),
        database.address if database else "",
    )
    home.make()
    _discard_unfinished(home)
    _make_keys(home, settings.origin, name, clock, entropy)
    if database is None:
        create_store(home.database).close()
    _write_trust(home, settings)
    if database is not None:
        # At the last: what is left behind there can't be cleaned up from here.
        create_store(database).close()
    settings.save(home.settings)
    return settings


def _is_made(home: Home) -> bool:
    with input_errors(home.settings):
        return home.settings.exists()


def _require_own(home: Home) -> None:
    """Nothing of the user's may lie where a creation cleans up, or become part of a ledger."""
    for path in home.strangers():
        raise OutputExists(
            f"There is something else in this folder: {path.name}.",
            where=str(path.parent),
            hint="Name a new or an empty folder with --home.",
        )


def _discard_unfinished(home: Home) -> None:
    """Start afresh where creation was interrupted; never where a ledger has been used."""
    if home.memory.exists() or any(home.outbox.iterdir()) or _has_entries(home):
        raise LedgerCorrupt(
            "There is a ledger, but its settings are gone. Nothing was changed.",
            where=str(home.settings),
            hint="Put settings.toml back from a backup.",
        )
    unfinished = (*home.keys.iterdir(), *home.authority.iterdir(), home.trust)
    for path in (*unfinished, *home.folder.glob(f"{home.database.name}*")):
        with output_errors(path):
            path.unlink(missing_ok=True)


def _has_entries(home: Home) -> bool:
    if not home.database.exists() or is_unfinished(home.database):
        return False
    store = open_store(home.database)
    try:
        return store.head().size > 0
    finally:
        store.close()


def _make_keys(home: Home, origin: str, name: str, clock: Clock, entropy: Entropy) -> None:
    save_note_signer(generate_note_signer(origin, KeyType.ED25519, entropy), home.log_key)
    save_note_signer(generate_note_signer(origin, KeyType.ML_DSA_44, entropy), home.log_cosigner)
    save_signer(generate_signer(f"operator of {origin}", clock, entropy), home.operator)
    save_signer(generate_signer(name, clock, entropy), home.depositor)
    create_local_authority(home.authority, clock, entropy)


def _write_trust(home: Home, settings: Settings) -> None:
    clock = SystemClock()
    authority = open_local_authority(home.authority, clock)
    text = trust_text(
        name=f"the ledger {settings.origin}",
        vkeys=[open_note_signer(path).vkey for path in (home.log_key, home.log_cosigner)],
        signers=[open_signer(path).chain[0] for path in (home.depositor, home.operator)],
        authority=authority.name,
        roots=authority.roots,
        digests=settings.digests,
    )
    write_new(home.trust, text.encode())


def open_ledger(
    home: Home,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    authorities: Sequence[TimestampAuthority] | None = None,
    witnesses: Sequence[Witness] | None = None,
    database: Database | None = None,
    read_only: bool = False,
    seals: bool = True,
) -> OpenLedger:
    """The ledger in ``home``, or with its rows at another address than the settings say.

    With ``seals`` False sealing it is left to others.
    Raises LedgerNotFound and what the parts raise.
    """
    if not _is_made(home):
        raise LedgerNotFound("There is no ledger.", where=str(home.folder))
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    settings = Settings.load(home.settings)
    where = database or database_at(home, settings)
    signers = [open_note_signer(path) for path in (home.log_key, home.log_cosigner)]
    asked = _asked(home, authorities, clock, entropy)
    cosigners = WitnessList.load(home.witnesses)
    if witnesses is None:
        witnesses = [remote_witness(one) for one in cosigners.active]
    several_hosts = isinstance(where, PostgresqlDatabase)
    store = open_store(where, read_only=read_only)
    parts = SealingParts(
        origin=settings.origin,
        store=store,
        clock=clock,
        entropy=entropy,
        memory=FileMemory(home.memory),
        note_signers=signers,
        operator=Author(open_signer(home.operator, pin_variable=OPERATOR_PIN), clock, entropy),
        authorities=asked.authorities,
        rules=asked.rules,
        revocation=asked.revocation,
        witnesses=witnesses,
        cosigning=_cosigning(cosigners),
        operator_before=settings.operator,
        several_hosts=several_hosts,
        seals=seals,
    )
    vkeys = {one.name: one.vkeys for one in cosigners.entries}
    vkeys |= {one.name: one.vkeys for one in witnesses}
    return OpenLedger(
        home=home,
        settings=settings,
        database=where,
        ledger=Ledger(parts),
        issuer=Issuer(parts.store, [signer.vkey for signer in signers]),
        outbox=Outbox(home.outbox),
        matters=MatterBook(home.matters, entropy),
        nonces=store.nonces() if several_hosts else None,
        _parts=parts,
        _roots=asked.roots,
        _vkeys=vkeys,
    )


def database_at(home: Home, settings: Settings) -> Database:
    """Where the rows of a ledger are. Raises SettingsInvalid."""
    return parse_database(settings.database or home.database.name, home.folder)


def _cosigning(listed: WitnessList) -> CosigningRules:
    return CosigningRules(
        quorum=None if listed.quorum.is_none else listed.quorum,
        deadline=float(listed.deadline),
        since={one.name: one.since for one in listed.active},
    )


class _Asked(NamedTuple):
    """The timestamp authorities, how they are asked, and the roots of all that ever were, by name.

    ``revocation`` is None where nobody outside is asked.
    """

    authorities: Sequence[TimestampAuthority]
    rules: AskingRules
    revocation: HttpRevocation | None
    roots: Mapping[str, Sequence[bytes]]


def _asked(
    home: Home, given: Sequence[TimestampAuthority] | None, clock: Clock, entropy: Entropy
) -> _Asked:
    """Those ``given``, or else those that the ledger's files name."""
    listed = AuthorityList.load(home.authorities)
    own = open_local_authority(home.authority, clock, entropy)
    roots = {own.name: own.roots} | {one.name: one.roots for one in listed.entries}
    if given is not None:
        return _Asked(given, AskingRules(), None, roots | {one.name: one.roots for one in given})
    authorities, rules = _authorities(home, listed, own, clock, entropy)
    revocation = HttpRevocation() if listed.active else None
    return _Asked(
        authorities, rules, revocation, roots | {one.name: one.roots for one in authorities}
    )


def _authorities(
    home: Home, listed: AuthorityList, own: TimestampAuthority, clock: Clock, entropy: Entropy
) -> tuple[list[TimestampAuthority], AskingRules]:
    """The ledger's own authority and those listed, and how they are asked."""
    remote = [remote_authority(one, home.pace, clock, entropy, time.sleep) for one in listed.active]
    # An own token proves nothing that is worth adding to an old seal.
    never = datetime.max.replace(tzinfo=UTC)
    authorities = [own, *remote] if listed.local else remote
    return authorities, AskingRules(
        required=listed.required,
        deadline=float(listed.deadline),
        fallbacks={one.name: one.fallback for one in listed.active if one.fallback},
        since={LOCAL: never} | {one.name: one.since for one in listed.active},
    )


def open_depositor(home: Home, password: str | None = None, key: Path | None = None) -> Author:
    """The depositor's key: the home's own, or the one in the file ``key`` (see ``open_signer``).

    Raises KeyUnreadable, WrongPassword, WrongKey.
    """
    if key is None and not home.depositor.exists():
        raise KeyUnreadable(
            "There is no key of your own here.",
            where=str(home.depositor),
            hint="Name yours with --key FILE; evidence key new makes one.",
        )
    signer = open_signer(key or home.depositor, password)
    return Author(signer, SystemClock(), SystemEntropy())
