"""A group of commands that imports a command only when it is used."""

import difflib
import errno
import importlib
import os
import traceback
from collections.abc import Mapping
from typing import Any, cast

import click

from tears.cli.errors import InputError
from tears.kit.files import reason_and_cure
from tears.own_data.errors import OwnDataError

# The commands print by these packages only.
_PRINTING_PACKAGES = frozenset({"click", "rich"})


class LazyGroup(click.Group):
    """Lists its commands from a table and imports the one that is asked for, as click's documentation describes."""

    def __init__(self, name: str | None = None, *, lazy: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        """Import nothing yet.

        `lazy` has for the name of each command its module, in which it is called `command`, and the first sentence of
        its help.
        """
        super().__init__(name, **settings)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and return it; None if there is none of that name."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        return cast("click.Command", importlib.import_module(self.lazy[cmd_name][0]).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and propose one with a similar name if there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if near and not args[0].startswith("-"):
                raise click.UsageError(f"{error.message.rstrip('.')}; did you mean {near[0]}?", ctx) from error
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error in a parent's own data is printed like the errors of the command line."""
        try:
            return super().invoke(ctx)
        except OwnDataError as error:
            raise InputError(str(error)) from error
        except OSError as error:
            # Click itself ends quietly if nobody reads any more.
            if error.errno == errno.EPIPE:
                raise
            raise InputError(_disk_words(error)) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands as `click.Group` does, but import none of them."""
        unloaded = {name: click.Command(name, help=summary) for name, (_, summary) in self.lazy.items()}
        listed = {**self.commands, **unloaded}
        limit = formatter.width - 6 - max(map(len, listed))
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed[name].get_short_help_str(limit)) for name in self.list_commands(ctx)])


def _disk_words(error: OSError) -> str:
    """Return what to print about an unexpected error: of a file, of output that a disk does not take, or another."""
    if error.filename is not None:
        return f"{error.filename}: {reason_and_cure(error)}"
    if not _is_of_output(error):
        return f"the operating system says: {reason_and_cure(error)}"
    # Python writes what is left to standard output once more when it exits, and would print a traceback.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return f"the output cannot be written: {reason_and_cure(error)}"


def _is_of_output(error: OSError) -> bool:
    """Return whether an error was raised while something was printed: an error of a socket names no file either."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _PRINTING_PACKAGES
