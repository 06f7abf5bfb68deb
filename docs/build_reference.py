"""Writes docs/exit-codes.md and docs/reasons.md from the code: python docs/build_reference.py"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from evidence_ledger import errors

ROOT = Path(__file__).resolve().parent.parent
EXIT_CODES = ROOT / "docs" / "exit-codes.md"
REASONS = ROOT / "docs" / "reasons.md"
VERDICTS = {
    "Refused": "FAILED",
    "FormatError": "FAILED",
    "Undecided": "INDETERMINATE",
    "NewerFormat": "INDETERMINATE",
    "NotAllowed": "not allowed",
}


def exit_codes() -> str:
    """The page of exit codes."""
    rows = sorted((one.exit_code, one.code, _sentence(one)) for one in _classes())
    lines = [f"| {number} | `{code}` | {says} |" for number, code, says in rows if number > 3]
    return (
        "# Exit codes\n\n"
        "Every command that checks something answers 0 PASSED, 1 FAILED or 3 INDETERMINATE. 2 is\n"
        "wrong usage. The numbers from 4 on say that something stood in the way: nothing was\n"
        "decided and nothing was lost.\n\n"
        "| exit code | stable code | meaning |\n|---|---|---|\n" + "\n".join(lines) + "\n"
    )


def _classes() -> Iterator[type[errors.EvidenceError]]:
    for _, one in inspect.getmembers(errors, inspect.isclass):
        if issubclass(one, errors.EvidenceError) and not one.__name__.startswith("_"):
            yield one


def _sentence(one: type) -> str:
    return (one.__doc__ or "").strip().partition("\n")[0]


def reasons() -> str:
    """The page of reasons."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted((ROOT / "evidence_ledger").rglob("*.py")):
        for code, verdict, message in _raised(path):
            found.setdefault(code, (verdict, message))
    lines = [
        f"| `{code}` | {verdict} | {says} |" for code, (verdict, says) in sorted(found.items())
    ]
    return (
        "# Reasons\n\n"
        "Every verdict that is not PASSED has a reason with a stable code. `{…}` stands for what\n"
        "differs from case to case. *not allowed*: the ledger's register refuses a signer, exit\n"
        "code 110; in an audit the same reason is FAILED.\n\n"
        "| reason | verdict | what the report says |\n|---|---|---|\n" + "\n".join(lines) + "\n"
    )


def _raised(path: Path) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            verdict = VERDICTS.get(node.func.id)
            if verdict and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
                code = str(node.args[0].value)
                # An accusation that is malformed is no defect of what it accuses.
                told = "INDETERMINATE" if code.startswith("misbehaviour.") else verdict
                yield code, told, _text(node.args[1])


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value).replace("|", "\\|").replace("\n", " ")
    if isinstance(node, ast.JoinedStr):
        parts = (_text(part) if isinstance(part, ast.Constant) else "{…}" for part in node.values)
        return "".join(parts)
    return "{…}"


def main() -> int:
    """Write both pages."""
    EXIT_CODES.write_text(exit_codes(), encoding="utf-8")
    REASONS.write_text(reasons(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
