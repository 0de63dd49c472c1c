"""`tears journal password`: make a new password for the pages."""

import os
import subprocess
import sys
from pathlib import Path

import click

from tears.cli.errors import InputError
from tears.cli.page.data_place import DATA_VARIABLE
from tears.cli.pipeline.child_process import ending_with_us
from tears.kit.files.user_folders import state_folder


@click.command("password")
@click.option("--guest", is_flag=True, help="The password of the guests, who may look and listen.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"The folder of the journal's data; by default {DATA_VARIABLE}, else that of ./tears up.",
)
def command(*, guest: bool, data: Path | None) -> None:
    """Make a new password for the pages, and print it.

    Whoever has logged in with the old one has to log in again. The journal may run.
    """
    environ = {**os.environ, DATA_VARIABLE: str(data or _usual_data())}
    program = [sys.executable, "-m", "tears.journal.new_password", "guest" if guest else "parent"]
    # A process, because the command imports no service.
    done = subprocess.run(ending_with_us(program), env=environ, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise InputError(done.stderr.strip())
    click.echo(done.stderr, nl=False, err=True)
    click.echo(done.stdout, nl=False)


def _usual_data() -> Path:
    """Return the folder of the setting, or else the one of the first `./tears up`."""
    if chosen := os.environ.get(DATA_VARIABLE):
        return Path(chosen)
    states = state_folder()
    if states is None:
        raise InputError("this user has no home; name the folder of the journal's data with --data")
    return states / "journal"
