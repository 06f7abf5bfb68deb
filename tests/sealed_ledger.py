"""A small ledger on disk, deposited into and sealed, with certificates: what fault tests damage."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence_ledger import assembly, desk
from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.report import Report
from evidence_ledger.core.verification import verify_certificate
from tests.blank_ledger import blank_home

CASE = ("matter/case_number", "4711/2026")


@dataclass(frozen=True, slots=True)
class SealedLedger:
    """A ledger's home and the folder of the files that were deposited into it."""

    home: Home
    files: Path

    def presented(self, *names: str) -> list[PresentedFile]:
        """Files as a checker lays them beside a certificate."""
        hashed = hash_files([str(self.files / name) for name in names])
        return [PresentedFile(one.name, one.fingerprint) for one in hashed]

    def verify(self, certificate: bytes, presented: Sequence[PresentedFile]) -> Report:
        """The check against this ledger's own trust policy."""
        now = SystemClock().now()
        source = io.BytesIO(certificate)
        return verify_certificate(source, presented, read_trust(self.home.trust), now)


def make(folder: Path) -> SealedLedger:
    """A new, empty ledger under ``folder``."""
    (folder / "files").mkdir()
    home = Home(folder / "home")
    blank_home(home)
    return SealedLedger(home, folder / "files")


def deposit(
    ledger: SealedLedger,
    texts: dict[str, str],
    *,
    seal: bool = True,
    direct: bool = False,
    matter: str | None = None,
) -> int:
    """Deposit files with these contents, marked for a matter where one is named, and seal them.

    Returns the entry's index.
    """
    for name, text in texts.items():
        (ledger.files / name).write_text(text)
    hashed = list(hash_files([str(ledger.files / name) for name in texts]))
    place = assembly.open_ledger(ledger.home)
    try:
        counter = desk.Desk(place, assembly.open_depositor(ledger.home))
        keys = place.matters.card(matter).keys(place.ledger.origin) if matter else None
        accepted = counter.deposit(desk.facts_of(hashed), [CASE], keys)
        if seal:
            counter.seal()
        if direct:
            assert not counter.stamp_files(accepted)
        return accepted.receipt.index
    finally:
        place.close()


def certificate(ledger: SealedLedger, index: int, out: Path, *, embed: Sequence[str] = ()) -> bytes:
    """The certificate of an entry, written to ``out``; ``embed`` are its first files,
    to put inside."""
    hashed = list(hash_files([str(ledger.files / name) for name in embed])) if embed else []
    inside = [
        EmbeddedFile(
            number,
            one.name,
            (ledger.files / name).stat().st_size,
            one.fingerprint.sha256,
            [(ledger.files / name).read_bytes()],
        )
        for number, (name, one) in enumerate(zip(embed, hashed, strict=True))
    ]
    place = assembly.open_ledger(ledger.home)
    try:
        desk.write_certificate(place, index, out, embedded=inside)
    finally:
        place.close()
    return out.read_bytes()


def audit(ledger: SealedLedger, *, read_only: bool = True) -> Report:
    """The audit of the whole ledger."""
    place = assembly.open_ledger(ledger.home, read_only=read_only)
    try:
        return place.audit()
    finally:
        place.close()
