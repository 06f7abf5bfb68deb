"""How renewals, and what is due for one, are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger_cli.output import hint, show
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.renewing.renewer import RenewalResult
    from evidence_ledger.renewing.weakening import Standing
    from evidence_ledger.stored import StoredRenewal

_WHY = {
    "lost": "too late: the authority's X.509 certificate has ended, or the timestamp is wrong",
    "renewed-lately": "made lately; another one now would end on the same day",
    "needs-digest": "the digest of the hash tree ends; renew with --digest sha512",
    "needs-independent-authority": "no independent timestamp authority is set up",
    "chain-full": "their records take no more timestamps; renew with --digest sha512 or sha3-256",
    "record-full": "their records are as large as records may be; deposit the files again",
    "no-digest": "the ledger does not know the file's new digest; deposit the file again",
}


def due_document(one: Standing, limit: datetime) -> dict[str, object]:
    """What one timestamp weakens from, as JSON values."""
    error = one.error
    return {
        **_whose(one.strand.place),
        "authority": one.strand.first.authority,
        "room": one.strand.history.room,
        "newest": one.strand.newest.authority,
        "renewal": one.strand.renewal,
        "digest": one.strand.digest,
        "weakens_on": None if one.until is None else time_text(one.until),
        "because": one.cause or None,
        "needs": _needs(one, limit),
        "error": None if error is None else {"code": error.reason, "message": error.message},
    }


def _whose(place: Place) -> dict[str, object]:
    """A token of a seal, or over a file itself, which then belongs to no seal."""
    if isinstance(place, SealPlace):
        return {"seal": place.seal, "entry": None, "path": None}
    return {"seal": None, "entry": place.entry, "path": f"file/{place.file}"}


def _needs(one: Standing, limit: datetime) -> str | None:
    if one.lost or not one.due(limit):
        return None
    return "hash-tree renewal" if one.needs_tree(limit) else "timestamp renewal"


def tell_due(found: Iterable[Standing], limit: datetime) -> None:
    """A line for what weakens alike: on the same day, for the same reason."""
    groups: dict[tuple[str, str, str], list[Place]] = {}
    for one in found:
        until = "lost" if one.lost else "unknown"
        if one.until is not None:
            until = f"{one.until:%Y-%m-%d}"
        cause = one.cause or (one.error.message if one.error is not None else "")
        cause += f"; needs a {_needs(one, limit)}" if _needs(one, limit) else ""
        key = (until, one.strand.newest.authority, cause)
        groups.setdefault(key, []).append(one.strand.place)
    for (until, authority, cause), places in sorted(groups.items()):
        show(f"{until}  {safe_line(authority)}, {_places(places)}: {safe_line(cause)}")


def _places(places: Sequence[Place]) -> str:
    seals = [one.seal for one in places if isinstance(one, SealPlace)]
    files = [one for one in places if not isinstance(one, SealPlace)]
    told = ([_seals(seals)] if seals else []) + ([_files(files)] if files else [])
    return " and ".join(told)


def _seals(numbers: Sequence[int]) -> str:
    first, last = min(numbers), max(numbers)
    return f"seal {first}" if first == last else f"{len(set(numbers))} seals, {first} to {last}"


def _files(places: Sequence[FilePlace]) -> str:
    one = places[0]
    if len({(each.entry, each.file) for each in places}) == 1:
        return f"file/{one.file} of entry {one.entry} itself"
    return f"{len({(each.entry, each.file) for each in places})} files themselves"


def result_document(result: RenewalResult) -> dict[str, object]:
    """What was renewed, as JSON values."""
    return {
        "renewed": result.strands,
        "renewals": [_renewal(one) for one in result.renewals],
        "objects_without_digest": result.without,
        "nearly_full": result.tight,
        "left": [
            {
                **_whose(one.strand.place),
                "authority": one.strand.first.authority,
                "code": why.value,
                "weakens_on": None if one.until is None else time_text(one.until),
            }
            for one, why in result.left
        ],
        "failures": [{"code": one.reason, "message": one.message} for one in result.failures],
    }


def _renewal(one: StoredRenewal) -> dict[str, object]:
    return {
        "renewal": one.number,
        "kind": one.kind.value,
        "digest": one.digest,
        "authorities": [token.authority for token in one.tokens],
        "entry": one.entry,
    }


def tell_result(result: RenewalResult) -> None:
    """What was renewed, for people."""
    if not result.renewals:
        show("Nothing was renewed.")
        if not result.left and not result.failures:
            hint("See what weakens when with: evidence renew --due --all")
    for one in result.renewals:
        names = safe_line(", ".join(token.authority for token in one.tokens))
        what = "hash trees" if one.kind.value == "tree" else "timestamps"
        show(f"Renewal {one.number}: {what}, {one.digest}, named in entry {one.entry}.")
        show(f"  times from   {names}")
    if result.strands:
        show(f"{_timestamps(result.strands)} renewed.")


def _timestamps(count: int) -> str:
    return "1 timestamp was" if count == 1 else f"{count} timestamps were"


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count} objects"


def warn(result: RenewalResult) -> None:
    """What was not done, and what to do now."""
    for failure in result.failures:
        hint(safe_line(f"No time from one authority: {failure}"))
    for why in sorted({why for _, why in result.left}):
        places = [one.strand.place for one, reason in result.left if reason is why]
        hint(f"{_timestamps(len(places))} left, of {_places(places)}: {_WHY[why.value]}.")
    if result.tight:
        hint(
            f"Of what was renewed, {_timestamps(result.tight)} near the end: their records take "
            "but a few more; then renew with --digest sha512 or sha3-256."
        )
    if result.without:
        hint(
            f"Left out, as the ledger does not know their digest or they were erased: "
            f"{_objects(result.without)}. For a file whose statement is here, the renewed record "
            "over that goes on."
        )
    if result.renewals:
        hint("Export certificates again; those handed out before have the old timestamps only.")
