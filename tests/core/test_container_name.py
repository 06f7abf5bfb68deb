"""Names of members: made safe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.container_name import check_name, safe_name


@given(st.binary(max_size=300))
def test_safe_names_are_allowed_and_short(name: bytes) -> None:
    safe = safe_name(name)
    check_name(f"files/0/{safe}")
    assert len(safe.encode()) <= 130
    assert "/" not in safe


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"lease.pdf", "lease.pdf"),
        ("contracts/合同.pdf".encode(), "合同.pdf"),
        (b"..", "_"),
        (b"a/../..", "_"),
        (b"\xff\n.pdf", "__.pdf"),
        ("a\u202efdp.exe".encode(), "a_fdp.exe"),
        (b"a\\b:c?.txt", "a_b_c_.txt"),
        (b"x" * 300 + b".pdf", "x" * 116 + ".pdf"),
        (b".bashrc", "_.bashrc"),
        (b"", "_"),
    ],
)
def test_safe_names(name: bytes, expected: str) -> None:
    assert safe_name(name) == expected
