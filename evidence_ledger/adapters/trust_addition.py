"""One more timestamp authority, witness or signer in a trust policy's file; the rest stays as its
owner wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.adapters.trust_text import authority_text
from evidence_ledger.core import trust_policy
from evidence_ledger.core.policy_text import witness_text
from evidence_ledger.core.trust_policy import TrustedWitness
from evidence_ledger.core.verifier_key import VerifierKey


def add_authority(path: Path, name: str, roots: Sequence[bytes], *, independent: bool) -> None:
    """Name an authority with its DER roots at the end of the policy, unless it is there so.

    Raises FileUnreadable, OutputUnwritable, FormatError, NewerFormat.
    """
    known = read_trust(path).authorities
    if any(one.name == name and one.roots == tuple(roots) for one in known):
        return
    _append(path, authority_text(name, roots, independent=independent))


def add_witness(path: Path, name: str, vkeys: Sequence[str], *, operator_run: bool) -> None:
    """Name a witness with its verifier keys at the end of the policy, but for those named already.

    Raises FileUnreadable, OutputUnwritable, FormatError, NewerFormat.
    """
    known = {one.key for one in read_trust(path).witnesses}
    fresh = [key for key in map(VerifierKey.parse, vkeys) if key not in known]
    tables = [witness_text(TrustedWitness(name, key), operator_run=operator_run) for key in fresh]
    if tables:
        _append(path, "\n".join(tables))


def add_signer(path: Path, fingerprint: bytes) -> None:
    """Name a signer's X.509 certificate (SHA-256) at the end of the policy, unless it is there.

    Raises FileUnreadable, OutputUnwritable, FormatError, NewerFormat.
    """
    if fingerprint not in read_trust(path).signers.certificates:
        _append(path, f'[[signer]]\ncertificates = ["{fingerprint.hex()}"]\n')


def _append(path: Path, tables: str) -> None:
    with input_errors(path):
        text = path.read_text("utf-8")
    whole = f"{text.rstrip()}\n\n{tables}"
    trust_policy.parse(whole)
    durable_file.replace(path, whole.encode())
