"""Groups and a quorum in TOML, as trust policies and a ledger's list of witnesses hold them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evidence_ledger.core.policy_table import PolicyTable
from evidence_ledger.core.quorum import MOST_GROUPS, Group, Quorum
from evidence_ledger.errors import FormatError


def read_quorum(
    document: PolicyTable, witnesses: Collection[str], operator_run: Collection[str]
) -> Quorum:
    """``[[group]]`` and ``[quorum]`` of a document with these witnesses. Raises FormatError."""
    groups = tuple(map(_group, document.tables("group")))
    check_groups(groups, witnesses)
    table = document.table("quorum", {"witnesses", "independent", "group"})
    found = Quorum(
        table.whole("witnesses", 0),
        table.whole("independent", 0),
        table.text("group") if "group" in table else None,
        groups,
        frozenset(operator_run),
    )
    check_quorum(found, witnesses)
    return found


def check_quorum(quorum: Quorum, witnesses: Collection[str]) -> None:
    """What is named is there, and one quorum only. Raises FormatError."""
    if quorum.group is None:
        return
    if quorum.witnesses or quorum.independent:
        raise FormatError(
            "policy.two-quorums",
            "A quorum is either a number of witnesses or a group.",
            where="quorum",
        )
    if quorum.group not in {*witnesses, *(one.name for one in quorum.groups)}:
        raise FormatError(
            "policy.undefined", f"There is no witness or group {quorum.group!r}.", where="quorum"
        )


def check_groups(groups: Sequence[Group], witnesses: Collection[str]) -> None:
    """Each group names what stands above it, and nothing is a member twice. Raises FormatError."""
    if len(groups) > MOST_GROUPS:
        raise FormatError("policy.too-many-groups", f"At most {MOST_GROUPS} groups are read.")
    defined, joined = set(witnesses), set[str]()
    for number, one in enumerate(groups):
        _check_group(one, defined, joined, f"group[{number}]")
        defined.add(one.name)
        joined.update(one.members)


def _check_group(one: Group, defined: set[str], joined: set[str], where: str) -> None:
    for name in one.members:
        if name not in defined:
            raise FormatError(
                "policy.undefined", f"No {name!r} is defined above this group.", where=where
            )
        if name in joined or one.members.count(name) > 1:
            raise FormatError(
                "policy.member-twice", f"{name!r} is a member of a group already.", where=where
            )
    if not one.name or one.name in defined:
        raise FormatError(
            "policy.name-taken", f"The name {one.name!r} is empty or taken.", where=where
        )
    if not 1 <= one.required <= len(one.members):
        raise FormatError(
            "policy.threshold",
            f"A group of {len(one.members)} requires 1 to {len(one.members)} of them.",
            where=where,
        )


def _group(table: PolicyTable) -> Group:
    table.only({"name", "members", "required", "independent"})
    members = table.texts("members")
    return Group(
        table.text("name"),
        table.whole("required", len(members)),
        members,
        table.flag("independent", default=False),
    )
