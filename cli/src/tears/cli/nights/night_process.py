"""Ask the alerter's package for the nights that it has kept: only that package knows what a night file looks like."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from tears.cli.errors import InputError
from tears.cli.pipeline.child_process import inherited_environment
from tears.kit.files.user_folders import state_folder

STATE_VARIABLE: Final = "TEARS_ALERTER_STATE_PATH"
# Where the service of this machine and the containers have it.
USUAL_STATE: Final = Path("/var/lib/tears/alerter.sqlite")
_NIGHTS: Final = ".nights.sqlite"

state_option: Callable[..., Callable[..., None]] = click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The state file of the alerter, beside which the nights lie.  [default: {STATE_VARIABLE}, else that of "
    f"./tears up, else {USUAL_STATE}]",
)


def find_state(chosen: Path | None) -> Path:
    """Return the state file of the alerter whose nights to read.

    Raises:
        InputError: no alerter has kept a night on this machine.
    """
    if chosen is not None:
        return chosen
    if named := os.environ.get(STATE_VARIABLE):
        return Path(named)
    folder = state_folder()
    # A second run at the same time has a second file; the one that was written last is most likely meant.
    own = sorted(folder.glob(f"*{_NIGHTS}"), key=lambda path: path.stat().st_mtime) if folder is not None else []
    if own:
        return own[-1].with_name(own[-1].name.replace(_NIGHTS, ".sqlite"))
    try:
        if USUAL_STATE.with_name(f"{USUAL_STATE.stem}{_NIGHTS}").is_file():
            return USUAL_STATE
    except PermissionError:
        # There is a service, whose folder is closed to this user; the alerter's package says what to do.
        return USUAL_STATE
    raise InputError(
        "no alerter has kept a night on this machine; name its state file with --state, or ask the container: "
        "docker compose exec alerter python -m tears.alerter.nights report"
    )


def ask_nights(state: Path, arguments: Sequence[str]) -> bytes:
    """Return what the alerter's package prints about its nights: text, or a picture if that is asked.

    Raises:
        InputError: they cannot be read; the message says why.
    """
    command = [sys.executable, "-m", "tears.alerter.nights", "--state", str(state), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, env=inherited_environment())  # noqa: S603 - our own program
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise InputError(reason or f"{' '.join(command)} ended with status {done.returncode}")
    return done.stdout
