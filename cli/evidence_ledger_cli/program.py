"""All commands in one light table. A command's file is imported when that command is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from evidence_ledger_cli import __version__
from evidence_ledger_cli.repeated_option import refuse_repeated

START = """\
Keep evidence so that anyone can check it, for decades, without trusting whoever kept it.

Start here:

    evidence init
        makes a ledger of your own, its keys, and a trust policy to hand on
    evidence deposit contract.pdf --out contract.asice
        enters the file's fingerprint; the file stays with you
    evidence verify contract.asice contract.pdf --policy trust.toml
        anyone can check, offline; the trust policy says whom they trust
"""

END = """\
Every command explains itself: evidence COMMAND --help

Exit codes of a check: 0 PASSED, 1 FAILED, 3 INDETERMINATE. 2 is wrong usage; 4 and above say
that something stood in the way and nothing was decided.
"""

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Keep": {
        "init": "Make a ledger, its key and a local timestamp authority",
        "deposit": "Enter files into the ledger and get a certificate",
        "attest": "Check a certificate and countersign it, as a notary",
        "order": "Order the investigation of entries, as a court",
        "erase": "Remove the documents and claims of entries, for good",
        "hand-over": "State that evidence was given over to somebody",
        "matter": "All entries of a case, and the proof that they are all",
        "seal": "Timestamp everything new",
        "renew": "Renew timestamps before they weaken",
        "authority": "Choose the timestamp authorities that seals ask",
        "cosigner": "Choose the witnesses that seals ask",
        "key": "Make, import or show a key",
        "register": "Who may do what, as the ledger's own entries say",
        "move": "Move the ledger to another database",
    },
    "Check": {
        "verify": "Check a certificate, or evidence against an operator",
        "audit": "Check the whole ledger",
        "timestamp": "Ask for an RFC 3161 timestamp, or check any",
        "record": "Check any RFC 4998 evidence record",
        "proof": "Check any C2SP tlog-proof",
        "log": "Check any C2SP tiled log",
        "misbehaviour": "Proof that an operator signed two histories",
        "policy": "Trust policies from and to C2SP tlog-policies",
    },
    "Watch": {
        "monitor": "Follow ledgers and tell what should not have happened",
        "witness": "Run a witness, which cosigns the checkpoints of others' ledgers",
    },
    "Look": {
        "find": "Which entries hold a file or a digest",
        "show": "One entry and what it says",
        "list": "The entries, newest last",
        "export": "The certificate of an entry, with chosen claims",
    },
}

GROUPS: Mapping[str, Mapping[str, str]] = {
    "authority": {
        "list": "Whom seals ask for the time",
        "presets": "Well-known public authorities",
        "add": "Ask one more timestamp authority from now on",
        "remove": "Ask a timestamp authority no longer",
    },
    "cosigner": {
        "list": "Whom seals ask for cosignatures",
        "add": "Ask one more witness from now on",
        "remove": "Ask a witness no longer",
        "group": "Put witnesses into a group",
        "quorum": "Say whose cosignatures are enough",
    },
    "key": {
        "new": "Make a key with its own X.509 certificate",
        "import": "Take a key from PEM or PKCS#12, or say where in a token it is",
        "show": "What a key and its X.509 certificate are",
    },
    "log": {"audit": "Rebuild a C2SP tiled log and compare"},
    "matter": {
        "list": "The cases that this machine deposits in, and their entries",
        "certify": "Prove that these are all entries of a case",
        "share": "A case's secret, for somebody who deposits in it as well",
        "import": "Take the secret of a case that somebody shared",
    },
    "misbehaviour": {"prove": "Write the proof that two checkpoints contradict each other"},
    "policy": {
        "import": "A trust policy from a C2SP tlog-policy",
        "export": "A C2SP tlog-policy from a trust policy",
    },
    "proof": {"verify": "Check a C2SP tlog-proof against a tlog-policy"},
    "record": {"verify": "Check an evidence record, renewed or not"},
    "register": {
        "show": "Who is enrolled, with what roles",
        "enrol": "Let a signer hand in, or all for whom a CA vouches",
        "revoke": "Let a signer hand in nothing more",
        "roles": "Give a signer other roles",
        "crl": "Take in a revocation list of a CA",
        "close": "Take statements only from those who are enrolled",
        "open": "Take statements from everybody",
        "grant": "Let somebody read the claims of your deposit",
        "rotate": "Replace a key by the next one",
    },
    "timestamp": {
        "request": "Ask an RFC 3161 authority for a timestamp of a file",
        "verify": "Check an RFC 3161 token or response",
    },
    "witness": {
        "init": "Make a witness and its two keys",
        "add-log": "Cosign the checkpoints of one more log",
        "run": "Answer logs that ask for a cosignature",
        "status": "The logs that it serves, and what it cosigned last",
        "resume": "Sign again after its two records came apart",
    },
}


class Commands(click.Group):
    """Commands by their next word."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant, and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        refuse_repeated(command, name, ctx, rest)
        return name, command, rest


class Program(Commands):
    """``evidence``: a written page for help, and commands loaded on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """All names, in the order of the page."""
        return [name for names in SECTIONS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name in GROUPS:
            return Family(cmd_name)
        return load(cmd_name)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's signature
        """The page, without loading any command."""
        formatter.write(START)
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()), col_max=14)
        formatter.write(f"\n{END}")


class Family(Commands):
    """Commands that share their first word."""

    def __init__(self, name: str) -> None:
        summary = next(names[name] for names in SECTIONS.values() if name in names)
        super().__init__(name, help=f"{summary}.", no_args_is_help=False)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """All second words."""
        return list(GROUPS[self.name or ""])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return load(f"{self.name}_{cmd_name}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's signature
        """The table, without loading any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(GROUPS[self.name or ""].items()))


def load(name: str) -> click.Command:
    """The command in ``commands/NAME.py``."""
    module = name.replace("-", "_")
    command = import_module(f"evidence_ledger_cli.commands.{module}").command
    if not isinstance(command, click.Command):
        raise TypeError(f"commands/{module}.py holds no command")
    return command


@click.group(cls=Program, name="evidence", invoke_without_command=True)
@click.version_option(__version__, prog_name="evidence", message="%(prog)s %(version)s")
@click.pass_context
def program(ctx: click.Context) -> None:
    """Without a command: how to start."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
