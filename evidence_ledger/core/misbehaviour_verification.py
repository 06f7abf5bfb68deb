"""The check of evidence that an operator signed two histories, with the ledger's key alone.

 1  Read          the file in its one allowed form             docs/format/misbehaviour.md
 2  Same ledger   both checkpoints name one ledger              C2SP tlog-checkpoint
 3  Signatures    a key of that ledger signed each of them      C2SP signed-note, Signatures
 4  Proof         it follows from the roots that were signed    RFC 9162, sections 2.1.3 and 2.1.4
 5  One history   FAILED where the two can't both be true       RFC 9162, section 2.1.4

FAILED comes from step 5 alone and judges the ledger. Whatever is wrong with the file itself proves
nothing against anybody and is INDETERMINATE. PASSED is never answered: no file shows that an
operator is honest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from evidence_ledger.core import contradiction
from evidence_ledger.core.misbehaviour import Differing, Misbehaviour, Prefix
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustedWitness
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat, Refused, Undecided

SUBJECT: Final = "misbehaviour"
PROVED: Final = "The operator signed two histories."
NOTHING_PROVED: Final = "This file proves nothing against the ledger."

T = TypeVar("T")

_READ = Task(
    "1",
    "Read the file",
    "docs/format/misbehaviour.md",
    "The file must be written in its one allowed form, so that it can mean one thing only.",
)
_LEDGER = Task(
    "2",
    "One ledger",
    "C2SP tlog-checkpoint",
    "Both checkpoints must name the same ledger: two ledgers may well hold different entries.",
)
_SIGNATURES = Task(
    "3",
    "Check the ledger's signatures",
    "C2SP signed-note, Signatures",
    "Each checkpoint says how many entries the ledger holds and what their common root is. Nobody "
    "without the ledger's private key can make these signatures. The key comes from you.",
)
_PROOF = Task(
    "4",
    "Check the proof",
    "RFC 9162, sections 2.1.3.2 and 2.1.4.2",
    "The hashes of the proof, joined as in the tree, must give the roots that were signed.",
)
_HISTORY = Task(
    "5",
    "One history",
    "RFC 9162, section 2.1.4",
    "A ledger only grows: what a checkpoint once covered is covered by each later one, unchanged. "
    "Where it is not, whoever holds the ledger's key has signed two histories.",
)


def verify_misbehaviour(
    data: bytes, keys: Sequence[VerifierKey], witnesses: Sequence[TrustedWitness] = ()
) -> Report:
    """Check the evidence in ``data``, a file of docs/format/misbehaviour.md, against the ledger's
    ``keys``; those of others are ignored.

    1. Read the file.
    2. Check that both checkpoints name one ledger.
    3. Check that a key of that ledger has signed each, and that no known key's signature is wrong.
    4. Check that the proof leads to the signed roots.
    5. FAILED where the two checkpoints contradict each other.

    ``witnesses`` that cosigned both are named in the facts. Raises nothing.
    """
    recipe = Recipe(SUBJECT, {"two_histories": False, "conclusion": NOTHING_PROVED})
    found = recipe.step(_READ, lambda: _accusing(lambda: _read(data)))
    if found is None:
        return _without(recipe, _LEDGER, _SIGNATURES, _PROOF, _HISTORY)
    recipe.facts.update(_facts(found))
    recipe.run(_LEDGER, lambda: _ledger(found))
    recipe.run(_SIGNATURES, lambda: _accusing(lambda: _signatures(found, keys)), ["2"])
    recipe.run(_PROOF, lambda: _accusing(lambda: contradiction.check_authentic(found)), ["3"])
    if not recipe.passed(("4",)):
        return _without(recipe, _HISTORY)
    try:
        says = contradiction.check_contradiction(found)
    except Undecided as error:
        undecided = error
        recipe.run(_HISTORY, lambda: _raise(undecided))
        return recipe.report()
    recipe.facts |= {"two_histories": True, "conclusion": PROVED}
    recipe.facts["witnesses_of_both"] = _witnesses_of_both(found, witnesses)
    recipe.run(_HISTORY, lambda: _raise(Refused("ledger.two-histories", f"{PROVED} {says}")))
    return recipe.report()


def _without(recipe: Recipe, *tasks: Task) -> Report:
    for task in tasks:
        recipe.skip(task)
    return recipe.report()


def _accusing(check: Callable[[], T]) -> T:
    """An accusation that is malformed or forged is no proof of a defect in the ledger."""
    try:
        return check()
    except NewerFormat:
        raise
    except (FormatError, Refused) as error:
        message = f"{error} Nothing is proved by this file."
        raise Undecided(error.reason, message, hint=error.hint) from error


def _raise(error: EvidenceError) -> str:
    raise error


def _read(data: bytes) -> tuple[Misbehaviour, str]:
    found = Misbehaviour.parse(data)
    first, second = found.checkpoints
    return found, f"Two checkpoints, of {first.size} and of {second.size} entries."


def _ledger(found: Misbehaviour) -> str:
    first, second = found.checkpoints
    contradiction.check_one_log(first, second)
    return f"Both are of {first.origin}."


def keys_of_ledger(keys: Sequence[VerifierKey], origin: str) -> list[VerifierKey]:
    """Those that are named for a ledger. Raises Undecided for none."""
    own = [key for key in keys if key.name == origin]
    if not own:
        raise Undecided(
            "misbehaviour.no-key",
            f"You have named no key of the ledger {origin}.",
            hint="Give its verifier key with --vkey, or a trust policy that names it, "
            "taken from the ledger's operator and not from whoever accuses.",
        )
    return own


def _signatures(found: Misbehaviour, keys: Sequence[VerifierKey]) -> str:
    origin = found.checkpoints[0].origin
    own = keys_of_ledger(keys, origin)
    names = [_signed(note, own) for note in (found.first, found.second)]
    both = names[0] if names[0] == names[1] else f"{names[0]}, and {names[1]}"
    return f"{origin} signed both, with {both}."


def _signed(note: Note, keys: Sequence[VerifierKey]) -> str:
    signed = known_signatures(note, keys)
    if not signed:
        raise Undecided(
            "misbehaviour.unsigned", "No key that you name for this ledger has signed both."
        )
    words = dict.fromkeys(one.key.key_id.hex() for one in signed)
    return f"the key {' and '.join(words)}"


def _facts(found: Misbehaviour) -> dict[str, object]:
    first, second = found.checkpoints
    kinds = {Prefix: "prefix", Differing: "node"}
    return {
        "origin": first.origin,
        "proof": kinds.get(type(found.proof), "same-size"),
        "checkpoints": [{"size": one.size, "root": one.root.hex()} for one in (first, second)],
    }


def _witnesses_of_both(found: Misbehaviour, witnesses: Sequence[TrustedWitness]) -> list[str]:
    """Those of the checker's policy whose valid cosignatures are under both."""
    by_key = {one.key: one.name for one in witnesses}
    sets = []
    for note in (found.first, found.second):
        try:
            sets.append({by_key[one.key] for one in known_signatures(note, by_key)})
        except (Refused, Undecided, FormatError):
            sets.append(set())
    return sorted(sets[0] & sets[1])
