"""Evidence against an operator, as commands read, show and write it."""

from __future__ import annotations

from pathlib import Path

from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.core.misbehaviour import LARGEST, PREFIX, Misbehaviour
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import OutputExists
from evidence_ledger_cli.input_file import open_regular, read_capped
from evidence_ledger_cli.output import hint, tell
from evidence_ledger_cli.safe_text import safe_name


def is_accusation(path: Path) -> bool:
    """Whether a file begins as evidence of misbehaviour does. Raises FileUnreadable,
    NotARegularFile.
    """
    with open_regular(path) as file, input_errors(path):
        return file.read(len(PREFIX)) == PREFIX


def judged(data: bytes, policy: TrustPolicy | None, vkeys: tuple[str, ...]) -> Report:
    """The report on such evidence. Raises FormatError for a key that is none."""
    keys = [VerifierKey.parse(one) for one in vkeys]
    if policy is None:
        return verify_misbehaviour(data, keys)
    keys += [key for log in policy.logs for key in log.keys]
    return verify_misbehaviour(data, keys, policy.witnesses)


def read(path: Path) -> bytes:
    """The bytes of such a file. Raises FileUnreadable."""
    return read_capped(path, LARGEST)


def keep(found: Misbehaviour, path: Path) -> None:
    """Write the evidence, unless a file is there already. Raises OutputUnwritable."""
    try:
        write_new(path, found.encode())
    except OutputExists:
        tell(f"{safe_name(str(path))} is there already and was left as it is.")
        return
    tell(f"The evidence against the operator is in {safe_name(str(path))}")
    hint("Anyone checks it with: evidence verify FILE --vkey KEY-OF-THE-LEDGER. Tell others.")
