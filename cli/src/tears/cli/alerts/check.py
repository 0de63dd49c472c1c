"""`tears alerts check`: check the file of receivers."""

import sys
from pathlib import Path

import click

from tears.cli.alerts.alerter_program import run_receivers_program
from tears.cli.options import EXISTING_FILE


@click.command("check")
@click.argument("file", required=False, type=EXISTING_FILE)
def command(file: Path | None) -> None:
    """Check the receivers in FILE, and say what each of them gets.

    Without FILE, it checks the file in TEARS_ALERTER_RULES, else the URLs in TEARS_ALERTER_NOTIFY. The exit status is 0
    only if all can be used. Nothing is sent.
    """
    sys.exit(run_receivers_program(["check"], str(file or "")))
