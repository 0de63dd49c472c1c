"""`tears label`: write down, beside recordings, what a parent heard and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from tears.cli.errors import InputError, refusing_disk
from tears.cli.own_data.label_spans import LabelOptions, find_label_spans, minutes
from tears.cli.own_data.recorded_files import find_recorded, read_labels
from tears.kit.files import FilesTogether
from tears.own_data.errors import LabelError, MomentError
from tears.own_data.labels.label_names import check_name
from tears.own_data.labels.label_track import Label, format_labels, labels_path, with_label


@click.command("label")
@click.argument("recordings", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.argument("label")
@click.option("--from", "begin", metavar="TIME", help="When it began: 02:13, 02:13:30, or +1:30 since the start.")
@click.option("--to", "end", metavar="TIME", help="When it ended; after midnight if it is earlier.")
@click.option(
    "--on", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The day of --from, where several were recorded."
)
@click.option(
    "--timezone", metavar="ZONE", help="The zone of the times, e.g. Europe/Berlin.  [default: this machine's]"
)
@click.option("--starts", metavar="TIME", help="When the recording began, where the file does not tell.")
@click.option("--replace", is_flag=True, help="Replace older labels of the same moments.")
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

    For example: tears label recordings --from 02:13 --to 02:21 crying.

    RECORDINGS are files, or folders of them. The label goes into <recording>.labels.txt beside each recording that it
    touches: a label track that Audacity opens. Without --from and --to, recordings are labelled from start to end.
    """
    options = LabelOptions(
        begin=begin, end=end, on=on.date() if on else None, timezone=timezone, starts=starts, replace=replace
    )
    label_recordings(recordings, label, options, Console())


def label_recordings(paths: Sequence[Path], name: str, options: LabelOptions, console: Console) -> None:
    """Write a label into the label files of the recordings that it touches.

    Raises:
        InputError: A time, a label or a recording cannot be used; nothing was written.
    """
    try:
        check_name(name)
        recordings = find_recorded(paths)
        spans, when = find_label_spans(recordings, options)
        tracks = {
            labels_path(one.recording.path): with_label(
                read_labels(one.recording.path),
                Label(one.span.begin_seconds, one.span.end_seconds, name),
                str(labels_path(one.recording.path)),
                replacing=options.replace,
            )
            for one in spans
        }
    except (LabelError, MomentError) as error:
        raise InputError(str(error)) from error
    with refusing_disk(), FilesTogether() as files:
        for path, labels in tracks.items():
            files.add(path, format_labels(labels).encode())
    length = minutes(sum(one.span.seconds for one in spans))
    count = "1 recording" if len(tracks) == 1 else f"{len(tracks)} recordings"
    console.print(f"{name} {when}: {length} in {count}", highlight=False, markup=False)
