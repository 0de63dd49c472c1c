"""`tears report`: what a night was like."""

import datetime as dt
from pathlib import Path

import click

from tears.cli.nights.night_process import ask_nights, find_state, state_option


@click.command("report")
@click.option(
    "--night",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The date of the evening on which the night began.  [default: the last night]",
)
@click.option("--json", "is_json", is_flag=True, help="Print the night as JSON.")
@click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also draw the night to this file."
)
@click.option(
    "--language",
    type=click.Choice(["de", "en"]),
    default="en",
    show_default=True,
    help="The language of the words, also of those in the picture.",
)
@state_option
def command(*, night: dt.datetime | None, is_json: bool, png: Path | None, language: str, state: Path | None) -> None:
    """Say what a night was like: how often and how long there was crying.

    A night is from 18:00 to 10:00. It also says how long the longest quiet was, what the week before was like, and when
    nobody listened, because then nobody knows. The alerter need not run.
    """
    arguments = ["report", "--language", language]
    arguments += ["--night", night.date().isoformat()] if night is not None else []
    arguments += ["--json"] if is_json else []
    arguments += ["--png", str(png)] if png is not None else []
    click.echo(ask_nights(find_state(state), arguments), nl=False)
