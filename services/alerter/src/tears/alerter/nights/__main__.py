"""Reads the kept nights: `python -m tears.alerter.nights report` or `scores`, also while the alerter runs."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tears.alerter.errors import StateError
from tears.alerter.nights.commands import AskedReport, print_report, print_scores
from tears.alerter.nights.night_file import night_file_of
from tears.alerter.nights.pictures.picture_words import PICTURE_WORDS
from tears.alerter.settings import AlerterSettings
from tears.kit.calendar.nights import Night
from tears.kit.files import cannot_write
from tears.kit.terminal.output import print_any_character


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 1, with a message, if the nights cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tears.alerter.nights", description=__doc__)
    parser.add_argument("--state", type=Path, help="the alerter's state file; the nights lie beside it")
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="print a night, and draw it")
    report.add_argument("--night", type=Night.parse, metavar="DATE", help="the evening's date, such as 2026-11-29")
    report.add_argument("--until", type=float, default=time.time(), help="seconds since 1970; later is left out")
    report.add_argument("--room", help="only this room")
    report.add_argument("--json", action="store_true", help="print JSON")
    report.add_argument("--png", type=Path, metavar="FILE", help="draw the night, to this file or, with -, to stdout")
    report.add_argument("--language", choices=sorted(PICTURE_WORDS), default="en")
    scores = commands.add_parser("scores", help="print the scores of the last nights as JSON lines")
    scores.add_argument("--nights", type=int, default=7)
    options = parser.parse_args(arguments)
    state = options.state or Path(os.environ.get("TEARS_ALERTER_STATE_PATH") or AlerterSettings().state_path)
    path = night_file_of(state)
    print_any_character()
    try:
        if options.command == "scores":
            print_scores(path, options.nights, time.time())
        else:
            asked = AskedReport(
                night=options.night,
                until_seconds=options.until,
                room=options.room,
                is_json=options.json,
                png=options.png,
                language=options.language,
            )
            print_report(path, asked)
    except StateError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for whoever has called it
        return 1
    except BrokenPipeError:
        # The reader has seen enough. Without this, Python would complain about the rest of the output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(cannot_write(error), file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
