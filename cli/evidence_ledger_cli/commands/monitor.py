"""``evidence monitor``"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.quorum import Quorum
from evidence_ledger.core.report import worst
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, Interrupted, UsageError
from evidence_ledger.monitor.rules import Rules
from evidence_ledger_cli import options, watch_list
from evidence_ledger_cli.alert_view import AlertTeller
from evidence_ledger_cli.monitor_view import document, tell_sights
from evidence_ledger_cli.output import show_error, show_json
from evidence_ledger_cli.report_view import EXIT_CODES

if TYPE_CHECKING:
    from evidence_ledger.monitor.monitor import Sight
    from evidence_ledger.monitor_assembly import OpenMonitor

PATIENCE = 10.0
"""Seconds for which a look waits for a ledger before the others are told of without it."""


@click.command("monitor")
@click.argument("ledgers", nargs=-1, metavar="[URL|FOLDER]...")
@click.option(
    "--vkey", "vkeys", multiple=True, metavar="VKEY", help="A ledger's verifier key; repeatable."
)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    type=options.input_file(),
    metavar="TRUST.toml",
    help="Names ledgers' keys and addresses, witnesses and their quorum: one file for all.",
)
@click.option(
    "--state",
    type=options.output_file(),
    required=True,
    metavar="FOLDER",
    help="What was seen, the alerts and the evidence; made where it is not there.",
)
@click.option("--once", is_flag=True, help="Look once, and answer as a check does.")
@click.option(
    "--interval",
    type=click.FloatRange(0.1),
    default=60.0,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option(
    "--watch-fingerprint",
    "fingerprints",
    multiple=True,
    metavar="ALG:HEX|FILE",
    help="Tell when somebody deposits this file; repeatable.",
)
@click.option(
    "--watch-signer",
    "signers",
    type=options.input_file(),
    multiple=True,
    metavar="CERT",
    help="Tell when something is signed with this X.509 certificate; repeatable.",
)
@click.option(
    "--held",
    type=options.input_file(),
    multiple=True,
    metavar="FILE",
    help="A certificate or signed checkpoint by which the ledger must stand; repeatable.",
)
@click.option(
    "--signatures",
    is_flag=True,
    help="Check the signature under each entry too: one request an entry.",
)
@click.option(
    "--seal-within",
    type=click.FloatRange(0),
    default=24.0,
    show_default=True,
    help="Hours in which an entry must be sealed.",
)
@click.option(
    "--alert-command",
    metavar="COMMAND",
    help="Run for each alert, without a shell; the alert's JSON is its standard input.",
)
@options.as_json
def command(
    ledgers: tuple[str, ...],
    vkeys: tuple[str, ...],
    policies: tuple[Path, ...],
    state: Path,
    once: bool,
    interval: float,
    fingerprints: tuple[str, ...],
    signers: tuple[Path, ...],
    held: tuple[Path, ...],
    signatures: bool,
    seal_within: float,
    alert_command: str | None,
    json: bool,
) -> int:
    """Follow ledgers and tell what should not have happened.

    Every new checkpoint is checked against the last one by hashing all new entries again. Alerts
    go to standard output, one a line, each once; with --json each line is a JSON document (with
    --once there is one document). It runs until it is stopped; killed at any moment, it goes on
    from where it was. Several ledgers are followed at the same time, and told of in the order in
    which they are named.

    With --once: 0 where nothing was found, 1 for an alarm, 3 for a warning.
    """
    from evidence_ledger.monitor_assembly import opened_monitor

    trust = read_trust(_only(policies)) if policies else None
    addresses = ledgers or _addresses(trust)
    rules = Rules(
        keys=_keys(trust, vkeys),
        witnesses=trust.witnesses if trust else (),
        quorum=trust.quorum if trust else Quorum(),
        seal_within=timedelta(hours=seal_within),
        files=watch_list.files(fingerprints),
        signers=watch_list.signers(signers),
        held=[watch_list.held(one) for one in held],
        signatures=signatures,
        policy=trust,
    )
    with opened_monitor(state, addresses, rules) as opened, _left_at_once(opened, json=json):
        teller = AlertTeller(opened.alerts, alert_command, json=json, silent=json and once)
        if once:
            return _look_once(opened, teller, json=json)
        _look_on(opened, teller, interval)
    return 0


@contextmanager
def _left_at_once(opened: OpenMonitor, *, json: bool) -> Iterator[None]:
    """Ends the process where it is stopped, or fails while others are followed: ledgers that are
    being asked may answer in minutes. Killed at any moment, nothing is lost.
    """
    try:
        yield
    except KeyboardInterrupt:
        os._exit(show_error(Interrupted("Stopped."), json=json))
    except EvidenceError as error:
        if not opened.monitor.busy:
            raise
        os._exit(show_error(error, json=json))


def _only(policies: tuple[Path, ...]) -> Path:
    if len(policies) > 1:
        raise UsageError(
            "A monitor has one trust policy.",
            hint="Put the [[log]] tables of all ledgers into one file, or name their keys: --vkey.",
        )
    return policies[0]


def _look_once(opened: OpenMonitor, teller: AlertTeller, *, json: bool) -> int:
    sights = opened.monitor.look()
    teller.tell_all()
    if json:
        show_json(document(sights))
    else:
        tell_sights(sights)
    return EXIT_CODES[worst(one.verdict for one in sights)]


def _look_on(opened: OpenMonitor, teller: AlertTeller, interval: float) -> None:
    teller.tell_all()
    before: list[Sight] = []
    while True:
        sights = opened.monitor.look(max(interval, PATIENCE))
        teller.tell_all()
        tell_sights(sights, before)
        before = sights
        Event().wait(interval)


def _addresses(trust: TrustPolicy | None) -> tuple[str, ...]:
    found = tuple(log.url for log in trust.logs if log.url) if trust else ()
    if not found:
        raise UsageError("No ledger is named.", hint="Give its address, or a policy that has one.")
    return found


def _keys(trust: TrustPolicy | None, vkeys: tuple[str, ...]) -> Mapping[str, list[VerifierKey]]:
    keys: dict[str, list[VerifierKey]] = {}
    for log in trust.logs if trust else ():
        keys.setdefault(log.keys[0].name, []).extend(log.keys)
    for one in map(VerifierKey.parse, vkeys):
        keys.setdefault(one.name, []).append(one)
    if not keys:
        raise UsageError("No key is named.", hint="Give --vkey or --policy.")
    return keys
