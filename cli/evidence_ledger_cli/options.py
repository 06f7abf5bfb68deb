"""Options that many commands share."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

as_json = click.option(
    "--json", "json", is_flag=True, help="One JSON document on standard output, nothing else."
)
explain = click.option("--explain", is_flag=True, help="Say of each step what it means.")


class Moment(click.ParamType[datetime]):
    """A time in UTC: ``2026-05-31`` (its last second) or ``2026-05-31T12:00:00Z``."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The time as an aware UTC datetime."""
        if isinstance(value, datetime):
            return value
        for form, rest in (("%Y-%m-%dT%H:%M:%SZ", {}), ("%Y-%m-%d", _LAST_SECOND)):
            try:
                return datetime.strptime(str(value), form).replace(tzinfo=UTC, **rest)
            except ValueError:
                continue
        raise click.BadParameter(
            f"{value!r} is neither a day like 2026-05-31 nor a time like 2026-05-31T12:00:00Z.",
            ctx=ctx,
            param=param,
        )


_LAST_SECOND = {"hour": 23, "minute": 59, "second": 59}

at = click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="Judge as of this moment in UTC (2026-05-31T12:00:00Z); a day means its end.",
)


class _Named(click.Path):
    """A path; an empty one, as from a variable that is not set, is no name for this folder."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """The path. Raises click.BadParameter."""
        if not os.fspath(value):
            self.fail("An empty name names nothing.", param, ctx)
        return super().convert(value, param, ctx)


def input_file() -> click.Path:
    """A file that is read; whether it can be is told when it is."""
    return _Named(path_type=Path, readable=False)


def output_file() -> click.Path:
    """A file or folder that is written; whether it can be is told when it is."""
    return _Named(path_type=Path, readable=False)
