"""An HTTP request as its signature sees it (RFC 9421, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evidence_ledger.core.structured_field import Item
from evidence_ledger.errors import Refused

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """``path`` and ``query`` are as they were sent; ``query`` is None without a question mark.

    ``fields`` are header fields with lower-case names, in order.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str | None = None
    fields: Sequence[tuple[str, str]] = ()

    @property
    def authority(self) -> str:
        """Host and port, lower-case, without the scheme's own port."""
        return self.host.lower().removesuffix(_DEFAULT_PORTS.get(self.scheme, "no port"))

    @property
    def target(self) -> str:
        """Path and query."""
        return self._path if self.query is None else f"{self._path}?{self.query}"

    @property
    def _path(self) -> str:
        return self.path or "/"

    def component(self, item: Item) -> str:
        """The value of a covered component. Raises Refused for one that is not there, or unknown.

        Parameters of components are not known here.
        """
        if item.parameters:
            raise _unknown(item)
        if not item.value.startswith("@"):
            return self.field(item.value)
        derived = {
            "@method": self.method,
            "@target-uri": f"{self.scheme}://{self.authority}{self.target}",
            "@authority": self.authority,
            "@scheme": self.scheme,
            "@request-target": self.target,
            "@path": self._path,
            "@query": f"?{self.query or ''}",
        }
        if item.value not in derived:
            raise _unknown(item)
        return derived[item.value]

    def field(self, name: str) -> str:
        """A header field's lines, joined. Raises Refused where there is none."""
        lines = [value.strip(" \t") for known, value in self.fields if known == name]
        if not lines:
            raise Refused("http-signature.no-field", f"The request has no field {name[:80]!r}.")
        return ", ".join(lines)

    def has(self, name: str) -> bool:
        """Whether there is such a header field."""
        return any(known == name for known, _ in self.fields)


def _unknown(item: Item) -> Refused:
    return Refused(
        "http-signature.component", f"The covered component {item.text[:80]} is not known here."
    )
