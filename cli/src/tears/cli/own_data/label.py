"""`tears label`: write down, beside recordings, what a parent heard and when."""

import datetime as dt
from pathlib import Path

import click

from tears.cli.console import make_console
from tears.cli.errors import refusing_disk
from tears.cli.options import EXISTING_PATH
from tears.cli.own_data.label_spans import find_label_spans, minutes
from tears.cli.own_data.recorded_files import find_recorded, read_labels, saying_left_out
from tears.kit.files import FilesTogether
from tears.own_data.labels.label_names import check_name
from tears.own_data.labels.label_track import Label, format_labels, labels_path, with_label


@click.command("label")
@click.argument("recordings", nargs=-1, required=True, type=EXISTING_PATH)
@click.argument("label")
@click.option(
    "--from",
    "begin",
    metavar="TIME",
    help="When the sound began: a time such as 02:13 or 02:13:30, or +1:30 after the start of the recording.",
)
@click.option("--to", "end", metavar="TIME", help="When it ended; a time before that of --from is on the next day.")
@click.option(
    "--on",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of --from, such as 2026-11-30, if several days were recorded.",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    help="The time zone of --from and --to, such as Europe/Berlin.  [default: this machine's]",
)
@click.option("--starts", metavar="TIME", help="When the recording began, if its file does not say.")
@click.option("--replace", is_flag=True, help="Replace the labels that these moments have already.")
def command(
    *,
    recordings: tuple[Path, ...],
    label: str,
    begin: str | None,
    end: str | None,
    on: dt.datetime | None,
    timezone: str | None,
    starts: str | None,
    replace: bool,
) -> None:
    """Write down what was heard when, in label files beside the recordings.

    For example: ./tears label recordings --from 02:13 --to 02:21 crying.

    RECORDINGS are files, or folders of them. The label goes into <recording>.labels.txt beside each recording that it
    touches: a label track that Audacity opens. Without --from and --to, recordings are labelled from start to end.
    """
    check_name(label)
    day = on.date() if on else None
    found = find_recorded(recordings, saying_left_out)
    spans, when = find_label_spans(found, begin, end, on=day, timezone=timezone, starts=starts)
    tracks = {}
    for recording, span in spans:
        path, new = labels_path(recording.path), Label(span.begin_seconds, span.end_seconds, label)
        tracks[path] = with_label(read_labels(recording.path), new, str(path), replacing=replace)
    with refusing_disk(), FilesTogether() as files:
        for path, labels in tracks.items():
            files.add(path, format_labels(labels).encode())
    length = minutes(sum(span.seconds for _, span in spans))
    count = "1 recording" if len(tracks) == 1 else f"{len(tracks)} recordings"
    make_console().print(f"{label} {when}: {length} in {count}", highlight=False, markup=False)
