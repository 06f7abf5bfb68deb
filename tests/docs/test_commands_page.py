"""The page of commands is what the commands say of themselves, and names every option."""

from __future__ import annotations

import importlib.util

import click
import pytest

from evidence_ledger_cli.program import GROUPS, SECTIONS, load
from tests.conftest import ROOT

NAMES = [name for names in SECTIONS.values() for name in names if name not in GROUPS]
NAMES += [f"{first}_{second}" for first, rest in GROUPS.items() for second in rest]


def test_the_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("commands", ROOT / "docs/build_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text() == module.commands(), "python docs/build_commands.py"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_is_on_the_page(name: str) -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    title = f"## evidence {name.replace('_', ' ')}\n"
    assert title in page
    section = page.partition(title)[2].partition("\n## ")[0]
    for parameter in load(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in section
