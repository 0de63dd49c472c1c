"""The options and types of arguments that several commands have, and how lengths of time are printed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from tears.kit.secrets_in_text import without_passwords

# The range of TEARS_PREPROCESSOR_GAIN_DB.
LEAST_GAIN_DB, MOST_GAIN_DB = -20, 60

# The end of the help of commands that listen.
NOTIFY_HELP = (
    "To get alerts on your phone, set TEARS_ALERTER_NOTIFY to one or more URLs of https://appriseit.com/services/, "
    "such as ntfy://my-own-server/nursery. docs/settings.md explains this and every other setting."
)


class GivenPath(click.Path):
    """A path; a refusal shows no password if a URL was given in its place."""

    def fail(self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None) -> NoReturn:
        """Raise the error of a wrong argument."""
        super().fail(without_passwords(message), param, ctx)


EXISTING_PATH = GivenPath(exists=True, path_type=Path)
EXISTING_FILE = GivenPath(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class GainType(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """`auto`, or decibels."""

    name = "auto|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return `auto`, or the number in its shortest form; refuse everything else."""
        if value == "auto":
            return "auto"
        try:
            gain_db = float(value)
        except ValueError:
            self.fail(f"{value!r} is neither auto nor a number of decibels", param, ctx)
        if not LEAST_GAIN_DB <= gain_db <= MOST_GAIN_DB:
            self.fail(f"{value!r} is not from {LEAST_GAIN_DB} to {MOST_GAIN_DB} dB", param, ctx)
        return f"{gain_db:g}"


gain_option = click.option(
    "--gain-db",
    type=GainType(),
    default="auto",
    show_default=True,
    help="How much to amplify the sound before the model hears it, in decibels; auto: as much as it can be without "
    "clipping.",
)

models_option = click.option(
    "--models",
    type=FOLDER,
    help="The folder that holds the versions of the model.  "
    "[default: TEARS_MODEL_DIR, else ~/.local/share/tears/models/cry]",
)


def decibels(gain_db: str) -> float | None:
    """Return what `GainType` gives as a number; None is automatic gain."""
    return None if gain_db == "auto" else float(gain_db)


def model_change_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that changes the versions of a model: `models`, `server` and `wait`."""
    wait = click.option(
        "--wait",
        type=click.FloatRange(0),
        default=60,
        show_default=True,
        help="How many seconds to wait for that server at most.",
    )
    server = click.option("--server", metavar="HOST:PORT", help="A model server; wait until it serves the change.")
    return models_option(server(wait(command)))


def minutes_and_seconds(seconds: float) -> str:
    """Return `3:07` for 187.9 s: whole minutes and whole seconds, rounded down."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
