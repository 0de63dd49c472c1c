"""The options of `tears model`: which folder of versions, and which server has to follow a change."""

from __future__ import annotations

from collections.abc import Callable

import click

from tears.cli.options import FOLDER

models_option = click.option(
    "--models", type=FOLDER, help="Folder of the versions.  [default: TEARS_MODEL_DIR, else the shipped one]"
)


def change_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that changes the versions: `models`, `server` and `wait`."""
    wait = click.option(
        "--wait", type=click.FloatRange(0), default=60, show_default=True, help="At most this many seconds."
    )
    server = click.option("--server", metavar="HOST:PORT", help="Wait until this model server has followed the change.")
    return models_option(server(wait(command)))
