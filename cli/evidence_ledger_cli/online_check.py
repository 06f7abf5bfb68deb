"""``--online``: the ledger itself is asked whether it stands by a certificate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.online_check import TASK, check_online
from evidence_ledger.core.recipe import Recipe
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options
from evidence_ledger_cli.accusation import keep
from evidence_ledger_cli.log_place import log_source

C = TypeVar("C", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--online",
        is_flag=True,
        help="Ask the ledger too: does it still stand by the certificate's checkpoint?",
    ),
    click.option(
        "--ledger",
        metavar="URL|FOLDER",
        help="Where --online asks; else the address that the trust policy gives.",
    ),
    click.option(
        "--evidence",
        "evidence_file",
        type=options.output_file(),
        metavar="FILE",
        help="Where the evidence goes if the ledger contradicts; else CERTIFICATE.misbehaviour.",
    ),
)


def online(command: C) -> C:
    """The options ``--online``, ``--ledger`` and ``--evidence``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def asked(
    report: Report,
    source: BinaryIO,
    trust: TrustPolicy | None,
    named: str | None,
    otherwise: str | None = None,
) -> tuple[Report, Misbehaviour | None]:
    """The report with the answer of the ledger, and the evidence where that convicts.

    The ledger is asked at the address that is ``named``, else at that of the trust policy, else at
    ``otherwise``. Where the certificate does not say which ledger that is, nobody is asked. Raises
    UsageError where nothing says where it is served, LogUnreachable for what is no address.
    """
    if "ledger" not in report.facts:
        recipe = Recipe(report.subject)
        recipe.skip(TASK)
        facts = dict(report.facts) | {"two_histories": False}
        return Report(report.subject, (*report.steps, *recipe.report().steps), facts), None
    with log_source(named or _address(report, trust, otherwise)) as log:
        return check_online(report, source, log, trust)


def keep_evidence(found: Misbehaviour | None, certificate: Path, named: Path | None) -> None:
    """Write what convicts the operator, if anything does. Raises OutputUnwritable."""
    if found is not None:
        keep(found, named or certificate.with_name(f"{certificate.name}.misbehaviour"))


def _address(report: Report, trust: TrustPolicy | None, otherwise: str | None) -> str:
    origin = report.facts.get("ledger")
    for log in trust.logs if trust else ():
        if log.keys[0].name == origin and log.url:
            return log.url
    if otherwise is not None:
        return otherwise
    raise UsageError(
        "Nothing says where the ledger is served.",
        hint="Name its address with --ledger URL, or as url in the trust policy.",
    )
