"""Timestamps over deposited files themselves, for those who want to show nothing but the file.

One request a file and authority, so this is for a few files that matter; a seal covers any number
with one request an authority.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence_ledger.core import claim
from evidence_ledger.core.certificate_chain import Chain
from evidence_ledger.errors import AuthorityError
from evidence_ledger.sealing.asking import Asking, fresh_question, missing, slots_of
from evidence_ledger.sealing.capturing import captured
from evidence_ledger.sealing.sealer import SealingParts
from evidence_ledger.stored import DirectToken, StoredSeal

MANY = 10
"""Files from which on a seal alone is the better choice."""


def stamp_files(parts: SealingParts, index: int, seal: StoredSeal) -> list[AuthorityError]:
    """Ask each authority for a token over each file of entry ``index`` that has none of it yet.

    What helps to judge the tokens later is kept beside ``seal``. Every token is durable when it is
    there; an authority that fails is not asked for further files. Returns who failed and why.
    """
    failures: list[AuthorityError] = []
    slots = slots_of(parts.authorities, parts.rules)
    for number, digest in _files(parts, index):
        held = [one.token for one in parts.store.direct(index) if one.file == number]
        wanted = missing(slots, held, parts.rules)
        question = fresh_question(digest, wanted, parts.entropy)
        answers = Asking(question, parts.clock, parts.rules).ask(wanted, held)
        for answer in answers.kept:
            parts.store.add_direct(index, DirectToken(number, answer.token))
        _keep_supplements(parts, seal, [one.time.chain for one in answers.kept])
        failures += answers.failures
        kept = {one.token.authority for one in answers.kept}
        slots = [slot for slot in slots if slot not in wanted or kept & {one.name for one in slot}]
    return failures


def _keep_supplements(parts: SealingParts, seal: StoredSeal, chains: Sequence[Chain]) -> None:
    """The chains; of revocations is asked only where the seal has not met the authority's."""
    for chain in chains:
        met = {one.data for one in parts.store.supplements(seal.number)}
        source = None if chain.leaf.raw in met else parts.revocation
        found = list(captured([chain], source))
        parts.store.add_supplements(seal.number, found)


def _files(parts: SealingParts, index: int) -> Iterator[tuple[int, bytes]]:
    for number, data in parts.store.claims(index):
        fact = claim.parse(data)
        if fact.section != "file":
            return
        yield number, claim.file_fact(fact).fingerprint.sha256
