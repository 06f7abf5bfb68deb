"""``evidence register enrol``"""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from evidence_ledger.core.administration import Enrol, EnrolIssuer
from evidence_ledger.core.permitted_name import checked_permitted
from evidence_ledger.core.role import Role
from evidence_ledger.errors import FormatError, UsageError
from evidence_ledger_cli import options, place, register_place
from evidence_ledger_cli.password import password_file


@click.command("enrol")
@click.argument("certificate", metavar="FILE")
@register_place.roles
@click.option("--ca", is_flag=True, help="FILE is the root of a CA: all for whom it vouches.")
@click.option(
    "--permit",
    "permitted",
    multiple=True,
    metavar="NAME",
    help="With --ca: only names within mail:firm.example, dns:firm.example, uri:.firm.example, "
    "ip:192.0.2.0/24 or dir:O=Chamber,C=DE; repeatable.",
)
@click.option(
    "--demand-revocation",
    is_flag=True,
    help="With --ca: only those of whom a revocation list says that they are not revoked.",
)
@click.option("--name", help="Who that is: a claim beside the entry, which is not public.")
@register_place.key
@password_file
@place.home
@options.as_json
def command(
    certificate: str,
    roles: tuple[str, ...],
    ca: bool,
    permitted: tuple[str, ...],
    demand_revocation: bool,
    name: str | None,
    key: Path | None,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Let a signer hand in, or all for whom a CA vouches.

    FILE holds an X.509 certificate in PEM or DER form. Who is enrolled matters once the ledger is
    closed; see `evidence register close`.
    """
    if not ca and (permitted or demand_revocation):
        raise UsageError("--permit and --demand-revocation go with --ca.")
    act = _act(certificate, roles, permitted, ca=ca, demanded=demand_revocation)
    with place.opened(home) as ledger:
        author = register_place.operator(ledger, key, password_file)
        fields = [("register/name", name)] if name is not None else []
        receipt = register_place.enter(ledger, author, act, fields)
    who = register_place.subject(certificate)
    told = f"The CA {who}" if ca else who
    says = f"{told} is enrolled as {', '.join(sorted(roles))}."
    register_place.tell(receipt, act, says, json=json)


def _act(
    certificate: str,
    roles: tuple[str, ...],
    permitted: tuple[str, ...],
    *,
    ca: bool,
    demanded: bool,
) -> Enrol | EnrolIssuer:
    data, chosen = register_place.certificate_in(certificate), register_place.roles_of(roles)
    if not ca:
        return Enrol(hashlib.sha256(data).digest(), chosen)
    if Role.OPERATOR in chosen:
        raise UsageError("An operator is enrolled one by one, not by a CA.")
    try:
        names = checked_permitted(sorted(set(permitted)))
    except FormatError as error:
        raise UsageError(error.message, hint=error.hint) from error
    return EnrolIssuer(data, chosen, names, demanded)
