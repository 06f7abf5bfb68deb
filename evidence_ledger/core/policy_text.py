"""The part of a trust policy about logs and witnesses, as TOML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence_ledger.core.quorum import Group, Quorum
from evidence_ledger.core.toml_text import toml_text
from evidence_ledger.core.trust_policy import TrustedLog, TrustedWitness, TrustPolicy


def policy_text(policy: TrustPolicy) -> str:
    """A trust policy of logs and witnesses alone."""
    head = f"v = 1\nname = {toml_text(policy.name)}\n"
    blocks = [head, *map(_log, policy.logs)]
    blocks += [
        witness_text(one, operator_run=one.name in policy.quorum.operator_run)
        for one in policy.witnesses
    ]
    return "\n".join([*blocks, *quorum_blocks(policy.quorum)])


def witness_text(one: TrustedWitness, *, operator_run: bool) -> str:
    """A trust policy's table for one key of a witness."""
    return _block(
        "[[witness]]",
        ("name", toml_text(one.name)),
        ("vkey", toml_text(one.key.encode())),
        ("url", None if one.url is None else toml_text(one.url)),
        ("operator_run", "true" if operator_run else None),
    )


def quorum_blocks(quorum: Quorum) -> Iterator[str]:
    """The tables of groups and the quorum."""
    yield from map(_group, quorum.groups)
    if not quorum.is_none:
        yield _block(
            "[quorum]",
            ("witnesses", str(quorum.witnesses) if quorum.witnesses else None),
            ("independent", str(quorum.independent) if quorum.independent else None),
            ("group", None if quorum.group is None else toml_text(quorum.group)),
        )


def _log(log: TrustedLog) -> str:
    url = None if log.url is None else toml_text(log.url)
    return _block("[[log]]", ("vkeys", _list([key.encode() for key in log.keys])), ("url", url))


def _group(group: Group) -> str:
    return _block(
        "[[group]]",
        ("name", toml_text(group.name)),
        ("members", _list(group.members)),
        ("required", str(group.required)),
        ("independent", "true" if group.independent else None),
    )


def _block(title: str, *members: tuple[str, str | None]) -> str:
    lines = [f"{name} = {value}" for name, value in members if value is not None]
    return "\n".join([title, *lines]) + "\n"


def _list(texts: Sequence[str]) -> str:
    return "[\n" + "".join(f"    {toml_text(one)},\n" for one in texts) + "]"
