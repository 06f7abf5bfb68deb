"""``evidence deposit``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.errors import (
    AuthorityError,
    UsageError,
)
from evidence_ledger_cli import options, place
from evidence_ledger_cli.claim_fields import claim_fields
from evidence_ledger_cli.entry_view import size_text
from evidence_ledger_cli.handed_in import HandedIn
from evidence_ledger_cli.named_matter import matter_of
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.password import password_file, with_password
from evidence_ledger_cli.safe_text import safe_line, shell_word
from evidence_ledger_cli.sealed_entry import entered, sealed
from evidence_ledger_cli.served_deposit import enter, tell_of_trust
from evidence_ledger_cli.typed_digest import typed_facts

if TYPE_CHECKING:
    from evidence_ledger.adapters.files.hashed import HashedFile
    from evidence_ledger.author import Author
    from evidence_ledger.desk import Deposit, Desk
    from evidence_ledger.ledger import Receipt


@click.command("deposit")
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--digest",
    "digests",
    multiple=True,
    metavar="sha256:HEX",
    help="A file that is elsewhere, by its digest; marked as never read. Needs --name.",
)
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="The name for the --digest before."
)
@click.option(
    "--case",
    "cases",
    multiple=True,
    metavar="NO",
    help="The case number: short for --claim matter/case_number=NO.",
)
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="PATH=VALUE",
    help="A further fact, such as origin/source=email or matter/channel=court.",
)
@click.option(
    "--out",
    type=options.output_file(),
    metavar="FILE.asice",
    help="Where the certificate goes; else deposit-INDEX.asice.",
)
@click.option("--embed", is_flag=True, help="Put the files themselves into the certificate.")
@click.option(
    "--direct",
    is_flag=True,
    help="Ask each authority for a timestamp of each file itself as well: for a few files.",
)
@click.option("--skip-special", is_flag=True, help="Leave out links, sockets, devices and pipes.")
@click.option(
    "--key",
    type=options.input_file(),
    metavar="FILE",
    help="Sign with this key (PEM, PKCS#12 or token) instead of the one that init made.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Enter into the ledger that is served there; signed here. Files stay here.",
)
@click.option(
    "--private",
    is_flag=True,
    help="With --server: keep all claims here; the server learns only their fingerprint.",
)
@click.option(
    "--upload",
    is_flag=True,
    help="With --server: send the files too, for a server that keeps them.",
)
@password_file
@place.home
@options.as_json
def command(
    paths: tuple[str, ...],
    digests: tuple[str, ...],
    names: tuple[str, ...],
    cases: tuple[str, ...],
    claims: tuple[str, ...],
    out: Path | None,
    embed: bool,
    direct: bool,
    skip_special: bool,
    key: Path | None,
    server: str | None,
    private: bool,
    upload: bool,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Enter files into the ledger and get a certificate.

    The files are read once and stay where they are; folders are taken with everything in them.
    Each file's name, size and digests become one claim, which can be shown or kept hidden later.
    Interrupted, the same command again goes on with the same deposit.
    """
    from evidence_ledger.assembly import open_depositor

    fields, typed = claim_fields(cases, claims), typed_facts(digests, names)
    if not paths and not typed:
        raise UsageError("There is nothing to deposit.", hint="Name a file or a folder.")
    if out is not None:
        require_free(out)
    _require_fit(server, private=private, upload=upload, beside=embed or direct)
    handed = HandedIn(paths, typed, fields, out, skip_special)
    if server is None:
        _enter_here(handed, home, key, password_file, embed=embed, direct=direct, json=json)
        return
    own = place.home_at(home)
    author = with_password(lambda word: open_depositor(own, word, key), password_file)
    told = enter(server, own, author, handed, private=private, upload=upload)
    _tell(told, json=json)
    tell_of_trust(server, str(told["ledger"]), own)


def _require_fit(server: str | None, *, private: bool, upload: bool, beside: bool) -> None:
    """Which options go together. Raises UsageError."""
    if (private or upload) and server is None:
        raise UsageError(f"--{'private' if private else 'upload'} goes with --server.")
    if private and upload:
        raise UsageError("What is private is not uploaded.")
    if server is not None and beside:
        raise UsageError("--embed and --direct do not go with --server.")


def _enter_here(
    handed: HandedIn,
    home: Path | None,
    key: Path | None,
    password_file: Path | None,
    *,
    embed: bool,
    direct: bool,
    json: bool,
) -> None:
    from evidence_ledger.assembly import open_depositor
    from evidence_ledger.desk import Desk, facts_of, write_certificate

    with place.opened(home) as ledger:
        author = with_password(lambda word: open_depositor(ledger.home, word, key), password_file)
        desk = Desk(ledger, author)
        files = handed.hashed(ledger.settings.digests)
        card = matter_of(ledger.matters, handed.fields)
        keys = card.keys(ledger.ledger.origin) if card else None
        deposit = desk.deposit([*facts_of(files), *handed.typed], handed.fields, keys)
        target = handed.out or Path(f"deposit-{deposit.receipt.index}.asice")
        with entered(deposit.receipt.index):
            failures = [*sealed(desk, deposit.receipt.index)]
            failures += _stamped(desk, deposit, len(files)) if direct else ()
            inside = handed.opened(files) if embed else ()
            write_certificate(ledger, deposit.receipt.index, target, embedded=inside)
        desk.done(deposit)
        document = _document(ledger.settings.origin, deposit.receipt, files, target)
    _tell(document | {"by_digest": len(handed.typed)}, json=json)
    for failure in dict.fromkeys(map(str, failures)):
        hint(safe_line(f"No time from one authority: {failure}"))
    if key is not None:
        hint(f"Who trusts this signer says so in the trust policy: {_pinned(author)}")
    words = [shell_word(str(one)) for one in (target, ledger.home.trust)]
    hint("Check it with: evidence verify {} FILE --policy {}".format(*words))


def _pinned(author: Author) -> str:
    return f'[[signer]] certificates = ["{author.fingerprint.hex()}"]'


def _stamped(desk: Desk, deposit: Deposit, files: int) -> Sequence[AuthorityError]:
    from evidence_ledger.sealing.direct import MANY

    if files > MANY:
        hint(f"Each authority is now asked {files} times, once for each file. This may take long.")
    return desk.stamp_files(deposit)


def _document(
    origin: str, receipt: Receipt, files: Sequence[HashedFile], target: Path
) -> dict[str, object]:
    return {
        "ledger": origin,
        "index": receipt.index,
        "leaf_hash": receipt.leaf_hash.hex(),
        "repeated": receipt.repeated,
        "files": len(files),
        "size": sum(file.fingerprint.size or 0 for file in files),
        "certificate": str(target),
    }


def _tell(document: dict[str, object], *, json: bool) -> None:
    if json:
        show_json(document)
        return
    again = " (it was there already)" if document["repeated"] else ""
    show(f"Entry {document['index']} of {safe_line(str(document['ledger']))}{again}")
    if document["files"]:
        show(f"  files        {document['files']:,}, {size_text(int(str(document['size'])))}")
    if document["by_digest"]:
        show(f"  by digest    {document['by_digest']:,}, never read")
    show(f"  entry hash   {document['leaf_hash']}")
    show(f"  certificate  {safe_line(str(document['certificate']))}")
