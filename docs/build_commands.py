"""Writes ``commands.md`` from the commands' own help.

python docs/build_commands.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from evidence_ledger_cli.program import program

PAGE = Path(__file__).parent / "commands.md"

_WIDTH = 88
_HEAD = """\
# Commands

Written by `docs/build_commands.py` from the commands' own help.
[Exit codes](exit-codes.md) and [reasons](reasons.md) have their own pages.
"""


def commands() -> str:
    """The page."""
    parts = [_HEAD, _block("evidence", _help(program, None, "evidence"))]
    parts += [_block(name, text) for name, text in _all(program, None, "evidence")]
    return "\n".join(parts)


def _all(group: click.Group, parent: click.Context | None, path: str) -> Iterator[tuple[str, str]]:
    context = click.Context(group, parent, path.rpartition(" ")[2])
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _all(command, context, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", _help(command, context, name)


def _help(command: click.Command, parent: click.Context | None, name: str) -> str:
    context = click.Context(command, parent, name, terminal_width=_WIDTH, max_content_width=_WIDTH)
    return command.get_help(context)


def _block(name: str, text: str) -> str:
    return f"## {name}\n\n```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(commands(), encoding="utf-8")
