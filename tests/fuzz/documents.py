"""Claims, statements, entries, disclosures, manifests and trust policies."""

from __future__ import annotations

from contextlib import suppress

from evidence_ledger.core import (
    canonical,
    claim,
    claim_form,
    docket,
    entry,
    matter_card,
    path_line,
    record_manifest,
    statement,
    statement_form,
    trust_policy,
)
from evidence_ledger.core.record_manifest import CoveredObject, RecordManifest
from tests.fuzz.target import Target, each, refusal
from tests.golden import vectors
from tests.small_log import make_key
from tests.workbench import CA, note_signers

LIMIT = 64 * 1024
MANIFEST = RecordManifest(
    "META-INF/evidencerecord-1.ers", (CoveredObject("statement.json", bytes(range(32))),)
)
VKEYS = ", ".join(f'"{one.vkey}"' for one in note_signers())
POLICY = f"""v = 1
name = "test"
[[log]]
vkeys = [{VKEYS}]
[[witness]]
name = "Chamber"
vkey = "{make_key("w.example").verifier.encode()}"
[quorum]
witnesses = 1
[[timestamp_authority]]
name = "Alpha"
independent = true
roots = '''
{CA.pem.decode()}'''
[time]
authorities = 1
independent = 1
[[signer]]
roots = '''
{CA.pem.decode()}'''
[[signer]]
certificates = ["{"ab" * 32}"]
[digests]
required = ["sha256", "sm3"]
[algorithms]
sm3 = 2031-01-01
"""


def _json(data: bytes) -> None:
    each(lambda: _claim(data), lambda: _statement(data), lambda: _entry(data))
    each(lambda: _card(data))
    value = canonical.decode(data, what="fuzz", limit=LIMIT)
    assert canonical.encode(value) == data


def _claim(data: bytes) -> None:
    refused = refusal(lambda: claim.file_fact(claim.parse(data)))
    assert claim_form.plain_file(data) is None or refused is None, "a glance took no claim"
    each(lambda: claim_form.seal_leaf(data))
    assert claim.parse(data).encode() == data


def _statement(data: bytes) -> None:
    refused = refusal(lambda: statement.parse(data))
    plain = statement_form.plain_statements([data])
    assert plain is None or refused is None, "a glance took no statement"
    found = statement.parse(data)
    assert found.encode() == data
    assert statement_form.claims_of(data) == found.claims
    assert statement_form.signer_of(data) == found.signer
    assert statement_form.statement_of(data) == found
    assert statement_form.mark_of(data) == found.mark


def _entry(data: bytes) -> None:
    assert entry.parse(data).encode() == data


def _path(data: bytes) -> None:
    index, hashes = path_line.parse(data, "fuzz")
    assert path_line.encode(index, hashes) == data + b"\n"


def _manifest(data: bytes) -> None:
    found = record_manifest.parse(data, "fuzz")
    assert record_manifest.parse(found.encode(), "fuzz") == found


def _policy(data: bytes) -> None:
    with suppress(UnicodeDecodeError):
        trust_policy.parse(data.decode("utf-8"))


def _docket(data: bytes) -> None:
    assert docket.parse(data).encode() == data
    docket.parse(data).following.marks()


def _card(data: bytes) -> None:
    assert matter_card.parse(data).encode() == data


def targets() -> tuple[Target, ...]:
    """All of this file."""
    documents = tuple(data for name, data in vectors.built().items() if name.endswith(".json"))
    path = path_line.encode(3, [bytes(32), bytes(range(32))])[:-1]
    return (
        Target("json", _json, (*documents, b'{"a":[1,-2,true,null,"\\n\xc3\xa9"],"b":{}}')),
        Target("docket", _docket, (vectors.DOCKET.encode(),)),
        Target("path-line", _path, (path, b"0")),
        Target("manifest", _manifest, (MANIFEST.encode(),)),
        Target("trust-policy", _policy, (POLICY.encode(), b"v = 1\n")),
    )
