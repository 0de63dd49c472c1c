"""`tears alerts test`: send one notice of each kind."""

import sys
from pathlib import Path

import click

from tears.cli.alerts.alerter_program import run_receivers_program
from tears.cli.options import EXISTING_FILE


@click.command("test")
@click.argument("receiver", required=False, default="")
@click.option("--rules", type=EXISTING_FILE, help="The file of receivers.  [default: TEARS_ALERTER_RULES]")
def command(receiver: str, rules: Path | None) -> None:
    """Send RECEIVER, or all of them, one notice of each kind that they get.

    The notices are about a room called Test, and come at any hour, with the sound and the priority of real ones. The
    exit status is 0 only if all were accepted.
    """
    sys.exit(run_receivers_program(["test", *([receiver] if receiver else [])], str(rules or "")))
