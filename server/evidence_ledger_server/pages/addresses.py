"""Where the pages are, and the headers that they have.

None of these is an address of the log's own files (C2SP tlog-tiles) or of ``/v1``. All links are
relative, and all pages lie side by side, so that a proxy may serve them under any path.
"""

from __future__ import annotations

from collections.abc import Mapping

_READ = ("GET", "HEAD")
PAGES: dict[str, tuple[str, ...]] = {
    "/": _READ,
    "/check": (*_READ, "POST"),
    "/find": (*_READ, "POST"),
    "/check.css": _READ,
    "/check.js": _READ,
}
"""The methods that each page takes."""

CERTIFICATE = "/certificate"
LED_TO: Mapping[str, tuple[str, ...]] = PAGES | {CERTIFICATE: _READ}
"""These, and where their links lead. Errors are pages there, and problem documents elsewhere."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
)
