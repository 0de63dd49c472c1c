"""The alerter's program that reads the receivers: as a process, so that the command imports no service."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tears.cli.page.data_place import ALERTS_FILE_VARIABLE, alerts_file
from tears.cli.pipeline.child_process import ending_with_us


def run_receivers_program(arguments: Sequence[str], rules: str = "") -> int:
    """Run `python -m tears.alerter.receivers` with the settings of this environment; return its exit status.

    `rules`, if given, is the file of receivers in place of the one that is set, or that the journal's page has written.
    """
    named = rules or alerts_file()
    environ = {**os.environ, **({ALERTS_FILE_VARIABLE: named} if Path(named).is_file() else {})}
    command = ending_with_us([sys.executable, "-m", "tears.alerter.receivers", *arguments])
    return subprocess.run(command, env=environ, check=False).returncode  # noqa: S603 - our own program
