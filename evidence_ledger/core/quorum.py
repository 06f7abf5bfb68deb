"""How many of which witnesses are enough: so many of all, or a group, which may hold groups.

A witness that the ledger's operator runs sees what the operator sees: it never counts where
independent ones are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from evidence_ledger.core.counting import counted

MOST_GROUPS = 256


@dataclass(frozen=True, slots=True)
class Group:
    """Cosigned when at least ``required`` of its members are, which are witnesses or groups.

    ``independent``: no witness counts in it, at any depth, that the operator runs.
    """

    name: str
    required: int
    members: tuple[str, ...]
    independent: bool = False


@dataclass(frozen=True, slots=True)
class Quorum:
    """``witnesses`` of all, of which ``independent``; or else what ``group`` names.

    ``group`` is the name of a witness or of one of ``groups``, each of which names only what
    stands before it. ``operator_run`` names the witnesses that the operator runs.
    """

    witnesses: int = 0
    independent: int = 0
    group: str | None = None
    groups: tuple[Group, ...] = ()
    operator_run: frozenset[str] = frozenset()

    @property
    def is_none(self) -> bool:
        """Whether it is met by nobody at all."""
        return self.group is None and not self.witnesses and not self.independent

    def met_by(self, names: Collection[str]) -> bool:
        """Whether these witnesses are enough; a name that is there twice counts once."""
        return not any(self.lacking(names))

    def lacking(self, names: Collection[str]) -> Iterator[str]:
        """What is missing, in words; nothing where these witnesses are enough."""
        cosigned = frozenset(names)
        if self.group is not None:
            yield from self._lacking_group(self.group, cosigned)
            return
        if len(cosigned) < self.witnesses:
            yield f"{len(cosigned)} of {counted(self.witnesses, 'witness', 'witnesses')}"
        own = len(cosigned - self.operator_run)
        if own < self.independent:
            wanted = counted(self.independent, "witness", "witnesses")
            yield f"{own} of {wanted} that the operator does not run"

    def _lacking_group(self, name: str, cosigned: frozenset[str]) -> Iterator[str]:
        groups = {one.name: one for one in self.groups}
        if self._holds(name, cosigned, groups):
            return
        if name not in groups:
            yield f"0 of 1 (the witness {name})"
            return
        group = groups[name]
        left = cosigned - self.operator_run if group.independent else cosigned
        have = sum(self._holds(one, left, groups) for one in group.members)
        only = " that the operator does not run" if group.independent else ""
        yield f"{have} of {group.required} in the group {name}{only}"

    def _holds(self, name: str, cosigned: frozenset[str], groups: Mapping[str, Group]) -> bool:
        group = groups.get(name)
        if group is None:
            return name in cosigned
        left = cosigned - self.operator_run if group.independent else cosigned
        return sum(self._holds(one, left, groups) for one in group.members) >= group.required
