"""Groups and a quorum in TOML, as trust policies and a ledger's list of witnesses hold them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from evidence_ledger.core.policy_table import PolicyTable
from evidence_ledger.core.quorum import MOST_GROUPS, Group, Quorum
from evidence_ledger.errors import FormatError


def read_quorum(
    document: PolicyTable, witnesses: Collection[str], operator_run: Collection[str]
) -> Quorum:
    """``[[group]]`` and ``[quorum]`` of a document with these witnesses. Raises FormatError."""
    groups = tuple(_groups(document.tables("group"), witnesses))
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


def _groups(tables: Collection[PolicyTable], witnesses: Collection[str]) -> Iterator[Group]:
    if len(tables) > MOST_GROUPS:
        raise FormatError("policy.too-many-groups", f"At most {MOST_GROUPS} groups are read.")
    defined, joined = set(witnesses), set[str]()
    for table in tables:
        table.only({"name", "members", "required", "independent"})
        name, members = table.text("name"), table.texts("members")
        _check_members(members, defined, joined, table.where)
        if not name or name in defined:
            raise FormatError(
                "policy.name-taken", f"The name {name!r} is empty or taken.", where=table.where
            )
        defined.add(name)
        joined.update(members)
        yield Group(name, _required(table, len(members)), members, _independent(table))


def _check_members(
    members: Collection[str], defined: set[str], joined: set[str], where: str
) -> None:
    for name in members:
        if name not in defined:
            raise FormatError(
                "policy.undefined", f"No {name!r} is defined above this group.", where=where
            )
        if name in joined:
            raise FormatError(
                "policy.member-twice", f"{name!r} is a member of a group already.", where=where
            )
        joined.add(name)


def _required(table: PolicyTable, members: int) -> int:
    required = table.whole("required", members)
    if not 1 <= required <= members:
        raise FormatError(
            "policy.threshold",
            f"A group of {members} requires 1 to {members} of them.",
            where=table.where,
        )
    return required


def _independent(table: PolicyTable) -> bool:
    return table.flag("independent", default=False)
