"""Options of one value that were given twice: click takes the last of them in silence."""

from __future__ import annotations

from collections.abc import Sequence

import click


def refuse_repeated(
    command: click.Command | None, name: str | None, parent: click.Context, rest: Sequence[str]
) -> None:
    """Raises ``click.UsageError`` where ``rest``, a command's arguments, repeats such an option.

    Whatever else is wrong with them is left to the command itself to say, and so is its help.
    """
    if command is None or isinstance(command, click.Group):
        return
    context = click.Context(command, info_name=name, parent=parent)
    try:
        _, _, order = command.make_parser(context).parse_args(list(rest))
    except click.UsageError:
        return
    seen = [one for one in order if isinstance(one, click.Option) and not one.multiple]
    if any(one.is_eager for one in seen):
        return
    for one in seen:
        if seen.count(one) > 1 and not one.is_flag and not one.count:
            said = f"{one.opts[0]} is given more than once, and only one can count."
            raise click.UsageError(said, context)
