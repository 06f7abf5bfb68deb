"""The manifest that says what an evidence record in a container covers (ETSI EN 319 162-1, A.4).

    <?xml version="1.0" encoding="UTF-8"?>
    <asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"
        xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
    <asic:SigReference URI="META-INF/evidencerecord-1.ers"/>
    <asic:DataObjectReference URI="statement.json">
    <ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
    <ds:DigestValue>n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=</ds:DigestValue>
    </asic:DataObjectReference>
    </asic:ASiCManifest>

The record's first hash list holds the digests of the objects named, not that of the manifest. A
manifest only points; what it says is proved by the record.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from xml.parsers import expat

from evidence_ledger.core import canonical
from evidence_ledger.core.container_name import check_name
from evidence_ledger.errors import FormatError

LARGEST = 1024 * 1024
MOST_OBJECTS = 10_000

ASIC = "http://uri.etsi.org/02918/v1.2.1#"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

_MANIFEST = f"{ASIC} ASiCManifest"
_RECORD = f"{ASIC} SigReference"
_OBJECT = f"{ASIC} DataObjectReference"
_METHOD = f"{DSIG} DigestMethod"
_VALUE = f"{DSIG} DigestValue"
_PARENTS = {
    _MANIFEST: "",
    _RECORD: _MANIFEST,
    _OBJECT: _MANIFEST,
    _METHOD: _OBJECT,
    _VALUE: _OBJECT,
}
_ATTRIBUTES = {_RECORD: {"URI", "MimeType"}, _OBJECT: {"URI", "MimeType"}, _METHOD: {"Algorithm"}}
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_URI = re.compile(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", re.ASCII)


@dataclass(frozen=True, slots=True)
class CoveredObject:
    """A member that a record covers, its digest, and the XML name of the digest algorithm."""

    name: str
    digest: bytes
    algorithm: str = SHA256


@dataclass(frozen=True, slots=True)
class RecordManifest:
    """The member that holds the evidence record, and the members that the record covers."""

    record: str
    objects: tuple[CoveredObject, ...]

    def encode(self) -> bytes:
        """The XML, UTF-8."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<asic:ASiCManifest xmlns:asic="{ASIC}"\n    xmlns:ds="{DSIG}">\n'
            f'<asic:SigReference URI="{_uri(self.record)}"/>\n'
            f"{''.join(map(_element, self.objects))}</asic:ASiCManifest>\n"
        ).encode()


def parse(data: bytes, where: str) -> RecordManifest:
    """The manifest in ``data``; ``where`` names it in errors. Raises FormatError.

    A document type, entities, processing instructions, and elements other than those above are
    refused.
    """
    if len(data) > LARGEST:
        raise FormatError("manifest.too-large", f"More than {LARGEST} bytes.", where=where)
    reader = _Reader(where)
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.ProcessingInstructionHandler = reader.instruction
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise FormatError("manifest.malformed", "Not well-formed XML.", where=where) from error
    return reader.manifest()


class _Reader:
    def __init__(self, where: str) -> None:
        self._where = where
        self._open: list[str] = [""]
        self._records: list[str] = []
        self._objects: list[tuple[str, list[str], list[str]]] = []

    def start(self, element: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if _PARENTS.get(element) != self._open[-1]:
            raise FormatError(
                "manifest.element", f"There is an element {element[-40:]!a}.", where=self._where
            )
        if not attributes.keys() <= _ATTRIBUTES.get(element, set()):
            raise FormatError("manifest.attribute", "An unknown attribute.", where=self._where)
        self._open.append(element)
        self._take(element, attributes)

    def _take(self, element: str, attributes: dict[str, str]) -> None:
        if element == _RECORD:
            self._records.append(self._name(attributes))
        elif element == _OBJECT and len(self._objects) < MOST_OBJECTS:
            self._objects.append((self._name(attributes), [], []))
        elif element == _OBJECT:
            raise FormatError("manifest.too-many", "Too many objects.", where=self._where)
        elif element == _METHOD:
            self._objects[-1][1].append(attributes.get("Algorithm", ""))
        elif element == _VALUE:
            self._objects[-1][2].append("")

    def _name(self, attributes: dict[str, str]) -> str:
        return _name(attributes.get("URI", ""), self._where)

    def end(self, _element: str) -> None:
        """The innermost element ends."""
        self._open.pop()

    def text(self, text: str) -> None:
        """Characters between tags."""
        if self._open[-1] == _VALUE:
            self._objects[-1][2][-1] += text
        elif text.strip(" \t\r\n"):
            raise FormatError("manifest.text", "There is text between elements.", where=self._where)

    def doctype(self, *_: object) -> None:
        """A document type: the door for entities."""
        raise FormatError("manifest.doctype", "There is a document type.", where=self._where)

    def instruction(self, *_: object) -> None:
        """A processing instruction."""
        raise FormatError("manifest.instruction", "There is an instruction.", where=self._where)

    def manifest(self) -> RecordManifest:
        """What was read."""
        if len(self._records) != 1 or not self._objects:
            raise FormatError(
                "manifest.incomplete",
                "A manifest names one record and one object or more.",
                where=self._where,
            )
        objects = tuple(self._object(*one) for one in self._objects)
        return RecordManifest(self._records[0], objects)

    def _object(self, name: str, methods: list[str], values: list[str]) -> CoveredObject:
        if len(methods) != 1 or len(values) != 1 or not methods[0]:
            raise FormatError("manifest.digest", "An object has not one digest.", where=self._where)
        digest = canonical.base64_bytes("".join(values[0].split()), where=self._where)
        return CoveredObject(name, digest, methods[0])


def _element(one: CoveredObject) -> str:
    return (
        f'<asic:DataObjectReference URI="{_uri(one.name)}">\n'
        f'<ds:DigestMethod Algorithm="{one.algorithm}"/>\n'
        f"<ds:DigestValue>{base64.b64encode(one.digest).decode()}</ds:DigestValue>\n"
        "</asic:DataObjectReference>\n"
    )


def _uri(name: str) -> str:
    """RFC 3986, section 2.1: every byte that is not unreserved (or a slash) as %XX."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in name.encode())


def _name(uri: str, where: str) -> str:
    if not _URI.fullmatch(uri):
        raise FormatError("manifest.uri", "A reference is no name of a member.", where=where)
    raw = re.sub(r"%(..)", lambda match: chr(int(match[1], 16)), uri).encode("latin-1")
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("manifest.uri", "A reference is not UTF-8.", where=where) from error
    check_name(name)
    return name
