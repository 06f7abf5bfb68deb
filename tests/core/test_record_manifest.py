"""Manifests of evidence records: written as ASiC says, read strictly."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.container_name import check_name
from evidence_ledger.core.record_manifest import (
    LARGEST,
    CoveredObject,
    RecordManifest,
    parse,
)
from evidence_ledger.errors import EvidenceError, FormatError

MANIFEST = RecordManifest(
    "META-INF/evidencerecord-1.ers", (CoveredObject("statement.json", bytes(range(32))),)
)
GOLDEN = b"""<?xml version="1.0" encoding="UTF-8"?>
<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
<asic:SigReference URI="META-INF/evidencerecord-1.ers"/>
<asic:DataObjectReference URI="statement.json">
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
<ds:DigestValue>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=</ds:DigestValue>
</asic:DataObjectReference>
</asic:ASiCManifest>
"""


def allowed(name: str) -> bool:
    try:
        check_name(name)
    except (FormatError, UnicodeEncodeError):
        return False
    return True


NAMES = st.text(min_size=1, max_size=40).filter(allowed)


def test_golden_manifest() -> None:
    assert MANIFEST.encode() == GOLDEN
    assert parse(GOLDEN, "m") == MANIFEST


@given(NAMES, st.lists(st.tuples(NAMES, st.binary(max_size=64)), min_size=1, max_size=5))
def test_what_is_written_is_read(record: str, objects: list[tuple[str, bytes]]) -> None:
    manifest = RecordManifest(record, tuple(CoveredObject(*one) for one in objects))
    assert parse(manifest.encode(), "m") == manifest


def test_another_xml_parser_reads_the_same() -> None:
    manifest = RecordManifest("a b", (CoveredObject('files/0/合同 <&">.pdf', b"\x01"),))
    root = ElementTree.fromstring(manifest.encode())  # noqa: S314 - our own bytes
    uris = [element.attrib["URI"] for element in root]
    assert uris == ["a%20b", "files/0/%E5%90%88%E5%90%8C%20%3C%26%22%3E.pdf"]


def changed(before: bytes, after: bytes) -> bytes:
    assert before in GOLDEN
    return GOLDEN.replace(before, after)


OBJECT = GOLDEN[GOLDEN.index(b"<asic:Data") : GOLDEN.index(b"</asic:ASiCM")]
RECORD = b'<asic:SigReference URI="META-INF/evidencerecord-1.ers"/>\n'
VALUE = GOLDEN[GOLDEN.index(b"<ds:DigestV") : GOLDEN.index(b"</asic:Data")]
LAUGHS = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]>'
HOSTILE = {
    "manifest.doctype": [
        changed(b"<asic:ASiCM", LAUGHS + b"<asic:ASiCM"),
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ],
    "manifest.instruction": [changed(RECORD, b"<?php x ?>" + RECORD)],
    "manifest.malformed": [
        b"",
        GOLDEN[:-5],
        changed(b"AAEC", b"&undefined;"),
        changed(b"AAEC", b"\xff"),
        changed(b"xmlns:ds", b"xmlns:dx"),
        GOLDEN + GOLDEN,
    ],
    "manifest.too-large": [GOLDEN + b" " * LARGEST],
    "manifest.element": [
        changed(b"SigReference", b"Reference"),
        b"<a/>",
        changed(b"02918/v1.2.1#", b"02918/v1.3.1#"),
        changed(RECORD, RECORD[:-3] + b">" + OBJECT + b"</asic:SigReference>"),
    ],
    "manifest.attribute": [
        changed(b"<asic:Data", b'<asic:DataObjectReference Rootfile="true"/><asic:Data'),
        changed(b"<ds:DigestValue", b'<ds:DigestValue Id="x"'),
    ],
    "manifest.text": [changed(RECORD, b"hello" + RECORD)],
    "manifest.incomplete": [
        changed(RECORD, b""),
        changed(OBJECT, b""),
        changed(RECORD, RECORD * 2),
    ],
    "manifest.digest": [
        changed(VALUE, b""),
        changed(VALUE, VALUE * 2),
        changed(b'Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"', b""),
    ],
    "manifest.uri": [
        changed(b"statement.json", uri)
        for uri in (b"", b"a%2", b"a%GG", b"a?b", b"http://x/", b"a%ff", b"%FF", b"a b")
    ],
    "manifest.too-many": [changed(OBJECT, b'<asic:DataObjectReference URI="a"/>' * 10_001)],
    "container.dots": [changed(b"statement.json", b"../statement.json")],
    "container.absolute-name": [changed(b"statement.json", b"/etc/passwd")],
    "container.hidden-characters": [changed(b"statement.json", b"a%00b")],
    "base64.malformed": [changed(b"AAEC", b"****")],
    "base64.not-canonical": [changed(b"Hh8=", b"Hh9=")],
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_hostile_manifests_are_refused(reason: str) -> None:
    for data in HOSTILE[reason]:
        with pytest.raises(FormatError) as refusal:
            parse(data, "m")
        assert refusal.value.reason == reason, data


@given(st.binary(max_size=100), st.integers(0, len(GOLDEN)))
def test_any_bytes_are_refused_calmly(noise: bytes, place: int) -> None:
    try:
        read = parse(GOLDEN[:place] + noise + GOLDEN[place:], "m")
    except EvidenceError:
        return
    assert read.objects
