"""A group of commands that imports a command only when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Lists its commands from a table and imports the one that is asked for, as click's documentation describes."""

    def __init__(self, name: str | None = None, *, lazy: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        """Import nothing yet.

        Args:
            name: The name of the group.
            lazy: By the name of a command, its module, in which it is called `command`; and the first sentence of its
                help, so that a list of commands imports none of them.
            settings: As for `click.Group`.
        """
        super().__init__(name, **settings)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None where there is none of that name."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _ = self.lazy[cmd_name]
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands as `click.Group` does, but import none of them."""
        unloaded = {name: click.Command(name, help=summary) for name, (_, summary) in self.lazy.items()}
        listed = {**self.commands, **unloaded}
        limit = formatter.width - 6 - max(map(len, listed))
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed[name].get_short_help_str(limit)) for name in self.list_commands(ctx)])
