"""The page with the forms. With its script, original files stay where they are; without it, they
are sent.
"""

from __future__ import annotations

from evidence_ledger_server.pages.layout import (
    bullets,
    code,
    named,
    page,
    paragraphs,
    rows,
    section,
)
from evidence_ledger_server.pages.markup import Child, Html, element, joined
from evidence_ledger_server.pages.offline import offline

ACCEPTED = ".asice,.misbehaviour,application/vnd.etsi.asic-e+zip"
VERDICTS = (
    ("PASSED", "Every step of the check passed."),
    ("FAILED", "A defect is proved."),
    ("INDETERMINATE", "No defect is proved, but not everything could be decided."),
)
_SENT = "These files are sent to this server, hashed while they arrive, and kept nowhere."
_SENT_ONE = "The file is sent to this server, hashed while it arrives, and kept nowhere."


def form_page(origin: str, policy: str) -> bytes:
    """The document for the ledger ``origin`` and the name of the server's trust policy."""
    return page(
        "Check a certificate",
        paragraphs(
            joined("This is the server of the ledger ", named(origin), "."),
            "Hand in a certificate and, if you have them, the files that it is about. You get a "
            "report with a verdict, and every step that led there:",
        ),
        rows(*VERDICTS),
        _check(policy),
        _find(),
        _leaves(),
        offline(),
        script=True,
    )


def _check(policy: str) -> Html:
    return element(
        "form",
        element("h2", "The check"),
        _field("certificate", "The certificate (.asice)", required=True, accept=ACCEPTED),
        _field("file", "The original files, if you have them", _SENT, multiple=True, hashed=True),
        _more_files(),
        _field(
            "policy",
            "Your own trust policy (trust.toml), if you have one",
            joined(
                "Without it the check goes by the policy of this server, ",
                named(policy),
                ", which its operator chose (",
                element("a", "read it", href="v1/policy"),
                ").",
            ),
            accept=".toml,application/toml",
        ),
        _accusation(),
        _submit("Check"),
        method="post",
        action="check",
        enctype="multipart/form-data",
    )


def _more_files() -> Html:
    return element(
        "details",
        element("summary", "All entries of a case (completeness certificate)"),
        _field(
            "file",
            "The certificates of its entries",
            "They go with a completeness certificate, and are sent to this server whole.",
            id_="entries",
            multiple=True,
            accept=".asice",
        ),
    )


def _accusation() -> Html:
    return element(
        "details",
        element("summary", "Evidence against a ledger's operator (.misbehaviour)"),
        paragraphs(
            "Hand it in in place of the certificate. It is judged by a policy, or by the ledger's "
            "public key:"
        ),
        _typed("vkey", "The ledger's verifier key", "log.example/7+eed9c1d9+…"),
    )


def _find() -> Html:
    return element(
        "form",
        element("h2", "Is a file in this ledger?"),
        _field("file", "The file", _SENT_ONE, id_="sought", multiple=True, hashed=True),
        _typed("digest", "Or its fingerprint (SHA-256)", "64 hexadecimal digits, or sm3:…"),
        _submit("Look up"),
        method="post",
        action="find",
        enctype="multipart/form-data",
    )


def _field(
    name: str,
    label: str,
    note: Child = None,
    *,
    id_: str | None = None,
    hashed: bool = False,
    accept: str | None = None,
    multiple: bool = False,
    required: bool = False,
) -> Html:
    own = id_ or name
    told = f"{own}-note" if note is not None else None
    return element(
        "div",
        element("label", label, for_=own),
        element("p", note, id=told, class_="note") if told else None,
        element(
            "input",
            type="file",
            id=own,
            name=name,
            accept=accept,
            multiple=multiple,
            required=required,
            aria_describedby=told,
            data_hashed=hashed,
        ),
        class_="field",
    )


def _typed(name: str, label: str, example: str) -> Html:
    return element(
        "div",
        element("label", label, for_=name),
        element(
            "input",
            type="text",
            id=name,
            name=name,
            placeholder=example,
            maxlength=4096,
            autocomplete="off",
            autocapitalize="off",
            spellcheck="false",
        ),
        class_="field",
    )


def _submit(label: str) -> Html:
    state = element("p", role="status", class_="progress")
    return element("div", element("button", label, type="submit"), state, class_="submit")


def _leaves() -> Html:
    return section(
        "What leaves your computer",
        bullets(
            "The certificate, a trust policy and certificates of entries, as they are.",
            joined(
                element(
                    "span",
                    "The original files, as they are: this browser runs no script of this page. "
                    "To keep them to yourself, compute their SHA-256 and look that up, or check "
                    "offline.",
                    id="leaves",
                )
            ),
            "Nothing is kept on the server, no cookie is set, and nobody else is asked. The "
            "server's log holds the time and the outcome of a request, no name and no fingerprint.",
            joined(
                "A certificate may hold further digests of a file than SHA-256 (such as ",
                code("sm3"),
                "). They are compared only where the file itself is sent, or offline.",
            ),
        ),
        name="privacy",
    )
