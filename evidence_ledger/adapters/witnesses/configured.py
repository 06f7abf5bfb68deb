"""The witnesses that a ledger's ``witnesses.toml`` lists, ready to be asked."""

from __future__ import annotations

from evidence_ledger.adapters.witnesses.http import HttpWitness
from evidence_ledger.adapters.witnesses.witness_list import WitnessEntry
from evidence_ledger.ports import Witness


def remote_witness(one: WitnessEntry) -> Witness:
    """One witness over HTTP."""
    return HttpWitness(
        one.name,
        one.url,
        one.vkeys,
        ed25519_only=one.ed25519_only,
        patience=float(one.timeout),
    )
