"""Every command in the table is there, loads, and says what it does."""

from __future__ import annotations

import pkgutil

import click
import pytest

from evidence_ledger_cli import commands
from evidence_ledger_cli.program import GROUPS, SECTIONS, load, program

ALONE = [name for names in SECTIONS.values() for name in names if name not in GROUPS]
NAMES = ALONE + [f"{first}_{second}" for first, rest in GROUPS.items() for second in rest]


def test_the_table_and_the_files_agree() -> None:
    assert sorted(name.replace("-", "_") for name in NAMES) == sorted(
        module.name for module in pkgutil.iter_modules(commands.__path__)
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_command_and_all_its_options_have_help(name: str) -> None:
    command = load(name)
    assert command.help
    assert command.help.splitlines()[0].endswith((".", ":"))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]}"


def test_every_group_is_in_the_page() -> None:
    page = program.get_help(click.Context(program))
    for first, rest in GROUPS.items():
        assert f"\n  {first} " in page
        assert rest, f"{first} has no commands"


def test_no_two_commands_have_the_same_summary() -> None:
    summaries = [summary for names in SECTIONS.values() for summary in names.values()]
    assert len(set(summaries)) == len(summaries)
