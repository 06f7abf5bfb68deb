"""How to check without the server that shows the page."""

from __future__ import annotations

from evidence_ledger_server.pages.layout import bullets, code, paragraphs, section
from evidence_ledger_server.pages.markup import Html, element, joined

COMMANDS = {
    "certificate": "evidence verify certificate.asice contract.pdf --policy trust.toml",
    "completeness certificate": "evidence verify all.asice one.asice two.asice --policy trust.toml",
    "misbehaviour": "evidence verify found.misbehaviour --vkey 'ledger.example/1+…'",
}


def offline(subject: str = "certificate", heading: str = "Check it without this server") -> Html:
    """The part of a page that says so, for the subject of a report."""
    command = COMMANDS.get(subject, COMMANDS["certificate"])
    return section(
        heading,
        paragraphs(
            "This page is worth as much as the server that shows it. That server may belong to "
            "the very operator whose ledger is in question, and a server that lies can show any "
            "report. Where it matters, check on a computer of your own, with a program that you "
            "got from somebody else. No network is needed.",
        ),
        bullets(
            joined(
                "With the program ",
                code("evidence"),
                " (evidence-ledger), whose source anybody may read; in its folder, ",
                code("pip install ."),
                " installs it:",
                element("pre", command),
                "It takes the same numbered steps (",
                code("--explain"),
                " says what each means), and its exit code is 0 for PASSED, 1 for FAILED, 3 for "
                "INDETERMINATE.",
            ),
            _public_tools() if subject == "certificate" else None,
            joined(
                "Whom you trust is yours to choose: get the trust policy (",
                code("trust.toml"),
                ") or the ledger's verifier key from somebody other than whoever handed you the "
                "file, and not from this server.",
            ),
        ),
        name="offline",
        class_="offline",
    )


def _public_tools() -> Html:
    return joined(
        "With public tools alone: the certificate is a ZIP file; ",
        code("README.txt"),
        " inside it tells how to check every step with ",
        code("unzip"),
        ", ",
        code("openssl"),
        " and ",
        code("sha256sum"),
        ".",
    )
