"""What the check of a certificate has established, for the report's facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evidence_ledger.core.cades import CadesSignature
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.checkpoint_trust import Cosigner
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.entry import Entry, leaf_hash
from evidence_ledger.core.presented_file import Match
from evidence_ledger.core.statement import Statement
from evidence_ledger.core.time_agreement import disagreement, reading
from evidence_ledger.core.time_proof import ProvedTime
from evidence_ledger.core.x509_certificate import parse_certificate


@dataclass(slots=True)
class Findings:
    """Filled by the steps that PASSED; what a step did not prove stays empty.

    ``existed_by`` is the moment for which as many authorities vouch as the policy asks for, and
    ``weakens_on`` is until when they do so without renewals. ``not_earlier_than`` is the moment
    before which the statement can't have been made.
    """

    at: datetime
    policy: str | None
    statement: Statement | None = None
    entry: Entry | None = None
    signature: CadesSignature | None = None
    claims: Sequence[tuple[int, Claim]] = ()
    files: Mapping[int, FileFact] = field(default_factory=dict)
    matches: Sequence[Match] = ()
    witnesses: Sequence[Cosigner] = ()
    times: list[ProvedTime] = field(default_factory=list)
    direct: list[tuple[int, ProvedTime]] = field(default_factory=list)
    existed_by: datetime | None = None
    not_earlier_than: datetime | None = None
    weakens_on: datetime | None = None
    embedded: frozenset[int] = frozenset()
    not_covered: Sequence[str] = ()

    def to_json(self) -> dict[str, object]:
        """The facts, as JSON values with stable member names."""
        facts: dict[str, object] = {"checked_at": time_text(self.at), "policy": self.policy}
        if self.statement is not None:
            facts |= _statement_facts(self.statement)
        if self.entry is not None:
            facts |= _entry_facts(self.entry)
        if self.signature is not None:
            facts |= _signer_facts(self.signature)
        facts["witnesses"] = [_witness_facts(one) for one in self.witnesses]
        facts["times"] = [_time_facts(one) for one in self.times]
        moment = self.existed_by
        facts["not_later_than"] = time_text(moment, microseconds=True) if moment else None
        start = self.not_earlier_than
        facts["not_earlier_than"] = time_text(start, microseconds=True) if start else None
        facts["disagreement"] = _disagreement(self.times)
        end = self.weakens_on
        facts["weakens_on"] = time_text(end) if end else None
        facts["direct_times"] = [
            {"path": f"file/{number}"} | _time_facts(one) for number, one in self.direct
        ]
        facts["files"] = self._file_facts()
        facts["claims"] = {
            claim.path: claim.value for _, claim in self.claims if claim.section != "file"
        }
        facts["not_covered"] = list(self.not_covered)
        return facts

    def _file_facts(self) -> list[object]:
        presented: dict[int, list[str]] = {}
        for match in self.matches:
            for position in match.positions:
                presented.setdefault(position, []).append(shown(match.file.name))
        return [
            {
                "path": f"file/{position}",
                **fact.to_json(),
                "embedded": position in self.embedded,
                "presented": presented.get(position, []),
            }
            for position, fact in self.files.items()
        ]


def _disagreement(times: Sequence[ProvedTime]) -> dict[str, object] | None:
    """The two tokens furthest apart, where they can't mean the same moment: one may be late."""
    if not times:
        return None
    zero = times[0].time.moment
    apart = disagreement(
        [reading(one.authority, one.time.moment, one.time.accuracy, zero, zero) for one in times]
    )
    return apart.to_json() if apart else None


def shown(name: bytes) -> str:
    """A file's name as text; bytes that are not UTF-8 appear as ``\\xNN``."""
    return name.decode("utf-8", "backslashreplace")


def _statement_facts(statement: Statement) -> dict[str, object]:
    return {
        "kind": statement.kind,
        "ledger": statement.ledger,
        "claims_in_statement": statement.claims.size,
        "made": time_text(statement.made),
        "refs": [ref.to_json() for ref in statement.refs],
    }


def _entry_facts(entry: Entry) -> dict[str, object]:
    return {
        "index": entry.index,
        "received": time_text(entry.received, microseconds=True),
        "entry_hash": leaf_hash(entry.encode()).hex(),
    }


def _signer_facts(signature: CadesSignature) -> dict[str, object]:
    certificate = signature.certificate
    return {
        "signer": parse_certificate(certificate).subject_text,
        "signer_sha256": hashlib.sha256(certificate).hexdigest(),
        "signing_time": time_text(signature.signing_time),
        "signature_scheme": signature.scheme,
    }


def _witness_facts(one: Cosigner) -> dict[str, object]:
    key = one.witness.key
    return {
        "name": one.witness.name,
        "key": f"{key.name}+{key.key_id.hex()}",
        "time": time_text(one.moment) if one.moment else None,
        "operator_run": one.operator_run,
    }


def _time_facts(one: ProvedTime) -> dict[str, object]:
    return {
        "authority": one.authority,
        "time": time_text(one.time.moment, microseconds=True),
        "independent": one.independent,
        "weakens_on": time_text(one.weakens_on),
        "token_sha256": hashlib.sha256(one.time.token).hexdigest(),
    }
