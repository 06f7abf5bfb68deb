"""Trust policies as C2SP tlog-policies and back: logs, witnesses, groups, quorum.

What a tlog-policy can't say is refused on the way out, or left out where it says nothing about
logs and witnesses (authorities, signers, algorithms). A witness of several keys is a group:

    witness court#1 court.example+2b3c4d5e+BA…
    witness court#2 court.example+3c4d5e6f+Bg…
    group court 1 court#1 court#2

Names are words there: spaces and other signs that can't be in a word are written ``%20``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from evidence_ledger.core.quorum import Group, Quorum
from evidence_ledger.core.tlog_policy import (
    NO_QUORUM,
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    TlogPolicy,
    shown,
)
from evidence_ledger.core.trust_policy import (
    TrustedLog,
    TrustedWitness,
    TrustPolicy,
    check_cosigners,
    check_keys,
)
from evidence_ledger.errors import FormatError

_SPECIAL = re.compile(rb"[\x00-\x20\x7f]|%(?=[01][0-9A-F]|20|25|6E|7F)|\Anone\Z")
_ESCAPE = re.compile(rb"%([01][0-9A-F]|20|25|6E|7F)")
_COUNTED = "quorum"


def export_policy(policy: TrustPolicy) -> TlogPolicy:
    """The tlog-policy that asks for the same. Raises FormatError where there is none."""
    quorum = _plain(policy)
    names: dict[str, list[TrustedWitness]] = {}
    for one in policy.witnesses:
        names.setdefault(one.name, []).append(one)
    groups = [_key_group(name, keys) for name, keys in names.items() if len(keys) > 1]
    groups += [
        PolicyGroup(_word(one.name), one.required, tuple(map(_word, one.members)))
        for one in quorum.groups
    ]
    found = TlogPolicy(
        tuple(PolicyLog(key, _url(log.url)) for log in policy.logs for key in log.keys),
        tuple(line for name, keys in names.items() for line in _witness_lines(name, keys)),
        tuple(groups),
        NO_QUORUM if quorum.group is None else _word(quorum.group),
    )
    return TlogPolicy.parse(found.encode())


def _plain(policy: TrustPolicy) -> Quorum:
    """The same quorum as one group of groups, without witnesses that count for nothing."""
    quorum = policy.quorum
    groups = tuple(_counting(quorum))
    if quorum.is_none or quorum.group is not None:
        return Quorum(group=quorum.group, groups=groups)
    counting = {one.name: None for one in policy.witnesses}
    required = max(quorum.witnesses, quorum.independent)
    if quorum.independent and quorum.operator_run:
        if quorum.independent < quorum.witnesses:
            raise _unsayable("so many witnesses, of which some that the operator does not run")
        counting = {one: None for one in counting if one not in quorum.operator_run}
    if groups:
        raise _unsayable("groups that the quorum does not name")
    if required > len(counting):
        raise _unsayable("more witnesses than there are")
    name = _free(_COUNTED, counting)
    return Quorum(group=name, groups=(Group(name, required, tuple(counting)),))


def _counting(quorum: Quorum) -> Iterator[Group]:
    """The groups, without the members that never count in them."""
    independent: set[str] = set()
    for one in reversed(quorum.groups):
        if one.independent or one.name in independent:
            independent.update((one.name, *one.members))
    for one in quorum.groups:
        never = quorum.operator_run if one.name in independent else frozenset[str]()
        members = tuple(name for name in one.members if name not in never)
        if one.required > len(members):
            raise _unsayable(f"more members of {one.name} than can count")
        yield Group(one.name, one.required, members)


def _unsayable(what: str) -> FormatError:
    return FormatError(
        "policy-exchange.unsayable", f"The trust policy asks for {what}: no tlog-policy says that."
    )


def _free(name: str, taken: Mapping[str, object]) -> str:
    while name in taken:
        name += "'"
    return name


def _key_group(name: str, keys: Sequence[TrustedWitness]) -> PolicyGroup:
    members = tuple(_word(f"{name}#{number}") for number in range(1, len(keys) + 1))
    return PolicyGroup(_word(name), 1, members)


def _witness_lines(name: str, keys: Sequence[TrustedWitness]) -> Iterator[PolicyWitness]:
    for number, one in enumerate(keys, 1):
        word = _word(f"{name}#{number}" if len(keys) > 1 else name)
        yield PolicyWitness(word, one.key, _url(one.url))


def _word(name: str) -> bytes:
    data = name.encode()
    if not data:
        raise FormatError("policy-exchange.no-name", "A witness of the trust policy has no name.")
    return _SPECIAL.sub(lambda found: b"%%%02X" % found[0][0] + found[0][1:], data)


def _url(url: str | None) -> bytes | None:
    return None if url is None else url.encode()


def import_policy(policy: TlogPolicy, name: str) -> TrustPolicy:
    """The trust policy called ``name`` that asks for the same of logs and witnesses, or for more:

    where several keys of a log are listed, one of each kind must have signed.
    Raises FormatError.
    """
    witnesses = _witnesses(policy)
    found = TrustPolicy(
        name=name,
        logs=tuple(_logs(policy)),
        witnesses=tuple(
            TrustedWitness(_text(word), one.key, _text_url(one.url))
            for word, lines in witnesses.items()
            for one in lines
        ),
        quorum=_quorum(policy, witnesses),
    )
    check_keys(found.logs, found.witnesses)
    check_cosigners((one.name, one.key) for one in found.witnesses)
    return found


def _quorum(policy: TlogPolicy, witnesses: Mapping[bytes, object]) -> Quorum:
    groups = [one for one in policy.groups if one.name not in witnesses]
    if policy.quorum == _COUNTED.encode() and len(groups) == 1:
        whole = groups[0]
        if (whole.name, whole.members) == (policy.quorum, tuple(witnesses)):
            return Quorum(witnesses=whole.threshold)
    return Quorum(
        group=None if policy.quorum == NO_QUORUM else _text(policy.quorum),
        groups=tuple(
            Group(_text(one.name), one.threshold, tuple(map(_text, one.members))) for one in groups
        ),
    )


def _witnesses(policy: TlogPolicy) -> dict[bytes, list[PolicyWitness]]:
    """The witnesses by name; a group of one witness's keys is that witness."""
    lines = {one.name: one for one in policy.witnesses}
    merged: dict[bytes, list[PolicyWitness]] = {}
    member: dict[bytes, bytes] = {}
    for group in policy.groups:
        keys = [lines[name] for name in group.members if name in lines]
        if len(keys) == len(group.members) and _is_one_witness(group, keys):
            merged[group.name] = keys
            member |= {one.name: group.name for one in keys}
    found: dict[bytes, list[PolicyWitness]] = {}
    for one in policy.witnesses:
        name = member.get(one.name, one.name)
        found[name] = merged.get(name, [one])
    if policy.quorum in member:
        raise _unimportable(policy.quorum)
    return found


def _unimportable(name: bytes) -> FormatError:
    return FormatError(
        "policy-exchange.one-key",
        f"The quorum {shown(name)} is one of several keys of a witness; a trust policy takes any.",
    )


def _is_one_witness(group: PolicyGroup, keys: Sequence[PolicyWitness]) -> bool:
    numbered = [b"%s#%d" % (group.name, number) for number in range(1, len(keys) + 1)]
    same = len({one.key.name for one in keys}) == 1 or [one.name for one in keys] == numbered
    return group.threshold == 1 and len(keys) > 1 and same


def _logs(policy: TlogPolicy) -> Iterator[TrustedLog]:
    origins: dict[str, list[PolicyLog]] = {}
    for one in policy.logs:
        origins.setdefault(one.key.name, []).append(one)
    for lines in origins.values():
        url = next((one.url for one in lines if one.url is not None), None)
        yield TrustedLog(tuple(one.key for one in lines), _text_url(url))


def _text(word: bytes) -> str:
    data = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), word)
    try:
        text, plain = data.decode(), word.decode()
    except UnicodeDecodeError as error:
        raise FormatError(
            "policy-exchange.name", f"The name {shown(word)} is not UTF-8."
        ) from error
    return text if _word(text) == word else plain


def _text_url(url: bytes | None) -> str | None:
    try:
        return None if url is None else url.decode()
    except UnicodeDecodeError as error:
        raise FormatError("policy-exchange.url", "An address is not UTF-8.") from error
