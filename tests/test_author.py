"""The author: what is signed, with which salts, in which order."""

from __future__ import annotations

import pytest

from evidence_ledger.author import Context
from evidence_ledger.core import cades, claim
from evidence_ledger.errors import UsageError
from tests.workbench import ORIGIN, Workbench, fact

# --- authors


def test_an_author_signs_what_openssl_and_this_program_accept(bench: Workbench) -> None:
    signed = bench.signed()
    verified = cades.verify(signed.signature, signed.statement)
    assert verified.scheme == "ecdsa-sha256"
    assert verified.signing_time == bench.clock.now()


def test_every_claim_has_a_salt_of_its_own(bench: Workbench) -> None:
    signed = bench.signed([fact("a", b"a"), fact("a", b"a")], [("origin/source", "x")])
    parsed = [claim.parse(one) for one in signed.claims]
    assert len({one.salt for one in parsed}) == 3
    assert [one.path for one in parsed] == ["file/0", "file/1", "origin/source"]


def test_fields_are_put_in_the_order_of_their_sections(bench: Workbench) -> None:
    fields = [("other/x", 1), ("origin/b", 2), ("matter/z", 3), ("matter/a", None)]
    signed = bench.signed([fact("a", b"a")], fields)
    paths = [claim.parse(one).path for one in signed.claims]
    assert paths == ["file/0", "matter/a", "matter/z", "origin/b", "other/x"]
    assert bench.ledger.deposit([signed])[0].index == 0


@pytest.mark.parametrize(
    "fields", [[("matter/a", 1), ("matter/a", 2)], [("file/0", 1)], [("file/x", 1)]]
)
def test_fields_given_twice_or_as_files_are_refused(
    bench: Workbench, fields: list[tuple[str, int]]
) -> None:
    with pytest.raises(UsageError):
        bench.author.deposit([fact("a", b"a")], fields, Context(ORIGIN))


def test_a_deposit_of_nothing_is_refused(bench: Workbench) -> None:
    with pytest.raises(UsageError):
        bench.author.deposit([], [], Context(ORIGIN))
