"""How to check without the server that shows the page."""

from __future__ import annotations

from evidence_ledger_server.pages.layout import bullets, code, paragraphs, section
from evidence_ledger_server.pages.markup import Html, element, joined, lines

_COMMANDS = (
    "pip install evidence-ledger",
    "evidence verify certificate.asice contract.pdf --policy trust.toml --explain",
)


def offline(*, heading: str = "Check it without this server") -> Html:
    """The part of a page that says so."""
    return section(
        heading,
        paragraphs(
            "This page is worth as much as the server that shows it. That server may belong to "
            "the very operator whose ledger is in question, and a server that lies can show any "
            "report. Where it matters, check on a computer of your own. No network is needed.",
        ),
        bullets(
            joined(
                "With the same program, which anybody may read:",
                element("pre", lines(*_COMMANDS)),
                "It gives the same numbered steps, and the exit code 0 for PASSED, 1 for FAILED, "
                "3 for INDETERMINATE.",
            ),
            joined(
                "With public tools alone: the certificate is a ZIP file; ",
                code("README.txt"),
                " inside it tells how to check every step with ",
                code("unzip"),
                ", ",
                code("openssl"),
                " and ",
                code("sha256sum"),
                ".",
            ),
            joined(
                "The trust policy (",
                code("trust.toml"),
                ") says whom you trust. Get it from somebody other than whoever handed you the "
                "certificate; the one of this server was chosen by its operator.",
            ),
        ),
        name="offline",
        class_="offline",
    )
