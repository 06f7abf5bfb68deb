"""Names of members in a container: safe to show, safe to extract on any system."""

from __future__ import annotations

import re
import unicodedata

from evidence_ledger.errors import FormatError

LONGEST = 512

_DRIVE = re.compile(r"[A-Za-z]:")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def check_name(name: str) -> str:
    """The form in which two names are the same to some file system (NFC, case folded).

    Raises FormatError for a name that would leave the folder it is extracted to, or that hides
    characters.
    """
    if not name or len(name.encode("utf-8", "replace")) > LONGEST:
        raise FormatError(
            "container.name-length", f"A member's name is empty or above {LONGEST} bytes."
        )
    if "\\" in name:
        raise FormatError("container.backslash", f"The member name {name!a} holds a backslash.")
    if name.startswith("/") or _DRIVE.match(name):
        raise FormatError("container.absolute-name", f"The member name {name!a} is absolute.")
    if not {"", ".", ".."}.isdisjoint(name.removesuffix("/").split("/")):
        raise FormatError("container.dots", f"The member name {name!a} holds empty parts or dots.")
    if any(unicodedata.category(sign) in _HIDDEN for sign in name):
        raise FormatError(
            "container.hidden-characters", f"The member name {name!a} holds hidden characters."
        )
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def safe_name(name: bytes, *, longest: int = 120) -> str:
    """The last part of any file name as one that is allowed here, at most ``longest`` bytes.

    What is not allowed becomes ``_``. The true name is in the file's claim; this one is for people
    who unpack the container.
    """
    text = unicodedata.normalize("NFC", name.rpartition(b"/")[2].decode("utf-8", "replace"))
    kept = "".join(sign if _harmless(sign) else "_" for sign in text).rstrip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if not dot or len(suffix) > 10:
        return _shortened(kept, longest) or "_"
    return (_shortened(stem, longest - len(suffix.encode()) - 1) or "_") + dot + suffix


def _harmless(sign: str) -> bool:
    plain = unicodedata.category(sign)[0] in "LMNPS" and sign not in '\\/:*?"<>|\ufffd'
    return plain or sign == " "


def _shortened(text: str, longest: int) -> str:
    return text.encode()[:longest].decode("utf-8", "ignore").strip(" .")
