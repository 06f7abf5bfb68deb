"""The page about keys: its commands exist, its errors and its URI are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from evidence_ledger import errors
from evidence_ledger.adapters.keys import pin_desk
from evidence_ledger.adapters.keys.pkcs11_reference import parse_reference_file
from evidence_ledger_cli.program import GROUPS, load
from tests.conftest import ROOT
from tests.x509_factory import Holder, issue

PAGE = (ROOT / "docs" / "keys.md").read_text()
OWNER: Holder = issue("Owner")


def options(name: str) -> set[str]:
    return {one for parameter in load(name).params for one in parameter.opts}


def test_every_command_and_option_exists() -> None:
    lines = re.findall(r"(?m)^    evidence ([a-z-]+)(.*)$", PAGE)
    assert len(lines) > 5
    for name, rest in lines:
        if name in GROUPS:
            second = rest.split()[0]
            assert second in GROUPS[name]
            name = f"{name}_{second}"
        assert set(re.findall(r"(?<!\S)--[a-z0-9-]+", rest)) <= options(name), name


def test_every_option_in_the_text_is_one_of_a_command_about_keys() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", PAGE))
    assert named <= options("key_import") | options("deposit")


def test_the_line_on_the_page_is_the_one_that_is_written() -> None:
    (line,) = re.findall(r"(?m)^    (pkcs11:\S+)$", PAGE)
    data = f"{line}\n".encode() + OWNER.pem
    reference, chain = parse_reference_file(data, Path("key.pem"))
    assert (reference.encode(), chain) == (line, (OWNER.der,))


def test_the_errors_are_those_of_keys() -> None:
    told = re.findall(r"(?m)^\| (\d+) \| `(key\.[a-z-]+)` \|", PAGE)
    made = {
        (str(one.exit_code), one.code)
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.KeyUnusable)
    }
    assert set(told) == made - {("40", "key"), ("42", "key.wrong-password")}


def test_the_variables_are_named() -> None:
    assert set(re.findall(r"EVIDENCE_[A-Z_]*PIN", PAGE)) == {pin_desk.PIN, pin_desk.OPERATOR_PIN}
