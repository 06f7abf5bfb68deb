"""What ``certificate.pdf`` says about a certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evidence_ledger.adapters.pdf import MOST_FILES, CertificatePage, FileLine, TimeLine
from evidence_ledger.core import entry as entries
from evidence_ledger.core import timestamp_token
from evidence_ledger.core.cades import verify as verify_signature
from evidence_ledger.core.canonical import Json, encode
from evidence_ledger.core.claim import Claim, FileFact, file_fact
from evidence_ledger.core.counting import counted
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.docket import parse as parse_docket
from evidence_ledger.core.reference_text import MOST_NAMED
from evidence_ledger.core.statement import ABOUT, Reference
from evidence_ledger.core.verification import MEANING
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.issuing.issuer import Issued
from evidence_ledger.stored import StoredToken

_LABELS = {
    "matter/case_number": "Case",
    "matter/channel": "Channel",
    "matter/authority": "Authority",
    "matter/parties": "Parties",
    "matter/purpose": "Purpose",
    "origin/source": "Source",
    "origin/device": "Device",
    "origin/tool": "Tool",
    "origin/witness": "Witness present",
}
_DIGESTS = {
    Algorithm.SHA256: "SHA-256",
    Algorithm.SHA512: "SHA-512",
    Algorithm.SHA3_256: "SHA3-256",
    Algorithm.SM3: "SM3",
}
_PROVES = (
    "Files with these fingerprints existed not later than the times above.",
    "The statement and the ledger's entry have not changed since.",
)
_SAYS = (
    "Its signer signed this statement, not later than the times above.",
    "The statement and the ledger's entry have not changed since.",
)
_TITLES = {
    "attestation": "Certificate of attestation",
    "order": "Certificate of an investigation order",
    "handover": "Certificate of a hand-over",
    "erasure": "Certificate of an erasure",
}
_PROVES_NOT = (
    "Who made the files, and whether what they say is true.",
    "A time on the ledger's own clock is not a time by somebody independent.",
    "This page itself: only the check of the whole certificate does.",
)
_SAYS_NOT = "Whether what the statement says is true."
_COMMANDS = ("evidence verify CERTIFICATE.asice FILE... --policy trust.toml",)


def page_of(issued: Issued) -> CertificatePage:
    """The page of a certificate."""
    is_about = issued.statement.kind in ABOUT
    files = [file_fact(claim) for _, claim in issued.claims if claim.section == "file"]
    signer = verify_signature(issued.parts.signature, issued.parts.statement).certificate
    return CertificatePage(
        title=_TITLES.get(issued.statement.kind, "Certificate of deposit"),
        subtitle=f"Entry {issued.entry.index} of the ledger {issued.statement.ledger}",
        rows=(
            ("Ledger", issued.statement.ledger),
            ("Entry", f"{issued.entry.index}"),
            ("Received", f"{issued.entry.received:%Y-%m-%d %H:%M:%S} UTC, the ledger's clock"),
            ("Entry hash", entries.leaf_hash(issued.parts.entry).hex()),
            ("Signed by", parse_certificate(signer).subject_text),
            ("Claims", f"{len(issued.claims)} of {issued.statement.claims.size} are shown"),
            *_about(issued.statement.refs),
        ),
        files=[_file_line(fact) for fact in files[:MOST_FILES]],
        file_count=len(files),
        times=[_time_line(token) for token in issued.seal.tokens],
        facts=list(_facts(issued.claims)),
        proves=_SAYS if is_about else _PROVES,
        proves_not=(*((_SAYS_NOT, *_PROVES_NOT[1:]) if is_about else _PROVES_NOT), MEANING),
        check=("The README.txt inside tells how to check with public tools alone.",),
        commands=_COMMANDS,
    )


def _about(refs: Sequence[Reference]) -> Iterator[tuple[str, str]]:
    for one in refs[:MOST_NAMED]:
        yield "About", f"Entry {one.index}, hash {one.leaf.hex()}"
    if len(refs) > MOST_NAMED:
        yield "About", f"and {len(refs) - MOST_NAMED} more"


def completeness_page(issued: Issued) -> CertificatePage:
    """The page of a completeness certificate."""
    listed = [entries.parse(one.entry) for one in parse_docket(issued.parts.docket).entries]
    shown = [
        (f"Entry {one.index}", f"received {one.received:%Y-%m-%d %H:%M:%S} UTC, the ledger's clock")
        for one in listed[:MOST_FILES]
    ]
    more = len(listed) - len(shown)
    page = page_of(issued)
    return replace(
        page,
        rows=[(name, value) for name, value in page.rows if name != "Claims"],
        title="Certificate of completeness",
        subtitle=f"{counted(len(listed), 'entry', 'entries')} of one matter, "
        f"all before entry {issued.entry.index} of the ledger {issued.statement.ledger}",
        facts=[*shown, *([("…", f"and {more} more")] if more else [])],
        proves=(
            f"Of the entries before entry {issued.entry.index}, those listed above are all that "
            "bear the marks of this matter.",
        ),
        proves_not=(
            "That everything which belongs to the matter was entered, or under these marks.",
            "That what the entries say is true.",
            *_PROVES_NOT[1:],
        ),
        check=("The README.txt inside tells what is in the container.",),
        commands=("evidence verify COMPLETENESS.asice CERTIFICATE.asice... --policy trust.toml",),
    )


def _file_line(fact: FileFact) -> FileLine:
    size = _size(fact.fingerprint.size)
    marked = f"{size}, digest only: the file was never read" if fact.digest_only else size
    digests = [(_DIGESTS[name], value.hex()) for name, value in fact.fingerprint.digests.items()]
    return FileLine(fact.name, marked, digests)


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    return "1 byte" if size == 1 else f"{size:,} bytes"


def _time_line(token: StoredToken) -> TimeLine:
    moment = timestamp_token.read_token(token.token).info.moment
    remark = "" if token.independent else "own clock, not independent"
    return TimeLine(token.authority, f"{moment:%Y-%m-%d %H:%M:%S} UTC", remark)


def _facts(claims: tuple[tuple[int, Claim], ...]) -> Iterator[tuple[str, str]]:
    for _, claim in claims:
        if claim.section != "file":
            yield _LABELS.get(claim.path, claim.path), _text(claim.value)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else encode(value).decode()
