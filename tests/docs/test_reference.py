"""The pages of exit codes and reasons are those that the code gives."""

from __future__ import annotations

import importlib.util
import inspect
from types import ModuleType

from evidence_ledger import errors
from tests.conftest import ROOT


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs/build_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_up_to_date() -> None:
    reference = _reference()
    rebuild = "run: python docs/build_reference.py"
    assert reference.EXIT_CODES.read_text() == reference.exit_codes(), rebuild
    assert reference.REASONS.read_text() == reference.reasons(), rebuild


def test_every_error_has_its_own_code_and_number() -> None:
    classes = [
        one
        for _, one in inspect.getmembers(errors, inspect.isclass)
        if issubclass(one, errors.EvidenceError) and not one.__name__.startswith("_")
    ]
    assert len({one.code for one in classes}) == len(classes)
    numbers = [one.exit_code for one in classes if one.exit_code > 4]
    assert len(set(numbers)) == len(numbers)


def test_the_tree_in_the_docstring_names_every_class() -> None:
    for name, one in inspect.getmembers(errors, inspect.isclass):
        if issubclass(one, errors.EvidenceError) and not name.startswith("_"):
            assert name in (errors.__doc__ or ""), name
