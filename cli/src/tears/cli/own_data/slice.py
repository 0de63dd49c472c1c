"""`tears slice`: cut labelled recordings into 5 s clips, a folder for each label, as trainers expect them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, WINDOW_SECONDS
from tears.audio.level import level_dbfs
from tears.cli.errors import InputError, refusing_disk
from tears.cli.options import GainType, decibels
from tears.cli.own_data.clip_cutting import cut_clip, require_space
from tears.cli.own_data.recorded_files import OwnRecording, find_recorded, read_labels, read_window
from tears.cli.own_data.slice_list import (
    LIST_NAME,
    older_clips,
    read_slice_list,
    refuse_partial_groups,
    slice_list_bytes,
)
from tears.kit.files import FilesTogether
from tears.own_data.clips.clip_names import NamedSlice, Slice, group_of, named_slices
from tears.own_data.clips.labelled_slices import LabelledRecording, labelled_slices
from tears.own_data.clips.quiet import quiet_among
from tears.own_data.clips.unlabelled_slices import GUARD_SECONDS, spread_evenly, unlabelled_slices
from tears.own_data.errors import LabelError, SliceError
from tears.own_data.labels.label_names import check_name

# The levels of this many windows are measured for each quiet clip that is wanted.
MEASURED_PER_CLIP = 4
# This many quiet clips are cut where nothing is labelled.
DEFAULT_REST_CLIPS = 60


@dataclass(frozen=True, kw_only=True)
class SliceOptions:
    """How to slice.

    Attributes:
        out: The folder of the labels' folders.
        gain_db: As `sox vol`; None for automatic gain.
        rest: Label for the quiet parts that have no label; None leaves them out.
        rest_clips: At most this many of them; None for as many as are labelled.
        replace: Replace older clips of the same recordings.
    """

    out: Path
    gain_db: float | None
    rest: str | None
    rest_clips: int | None
    replace: bool


@click.command("slice")
@click.argument("recordings", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the clips, which gets a folder for each label.",
)
@click.option(
    "--gain-db", type=GainType(), default="45", show_default=True, help="Gain, as sox's vol; auto is the pipeline's."
)
@click.option("--rest", metavar="LABEL", help="Label for the quiet parts that have no label, e.g. quiet.")
@click.option("--rest-clips", type=click.IntRange(1), help="How many of them.  [default: as many as are labelled]")
@click.option("--replace", is_flag=True, help="Replace older clips of the same recordings.")
def command(
    *, recordings: tuple[Path, ...], out: Path, gain_db: str, rest: str | None, rest_clips: int | None, replace: bool
) -> None:
    """Cut labelled recordings into 5 s clips, a folder for each label.

    Each is what `sox -D IN OUT trim START 5 vol 45 dB rate 22050` makes of a recording of one channel, and is called
    <recording>_nohash_<k>.wav, so that trainers keep the clips of one recording together.
    """
    options = SliceOptions(out=out, gain_db=decibels(gain_db), rest=rest, rest_clips=rest_clips, replace=replace)
    slice_recordings(recordings, options, Console())


def slice_recordings(paths: Sequence[Path], options: SliceOptions, console: Console) -> None:
    """Cut the clips; all appear, or none.

    Raises:
        InputError: A recording or a label cannot be used, nothing is labelled, or the disk is full.
    """
    files = find_recorded(paths)
    try:
        recordings = [_labelled(one, options) for one in files]
        _refuse_same_names(files)
        planned = labelled_slices(recordings)
        rest: list[Slice] = []
        if options.rest is not None:
            check_name(options.rest)
            rest = _rest(files, recordings, options, len(planned), console)
        clips = named_slices(planned + rest)
    except (LabelError, SliceError) as error:
        raise InputError(str(error)) from error
    if not clips:
        raise InputError(_why_nothing(files, recordings, options))
    listed = read_slice_list(options.out)
    groups, given = {one.slice.group for one in clips}, {one.path.name for one in files}
    older = older_clips(options.out, listed, groups, given)
    if older and not options.replace:
        raise InputError(
            f"{older[0]} exists already: add --replace if it and the other clips of these recordings are to be cut "
            "again; if it is of another recording of the same name, rename this one, or name another --out"
        )
    refuse_partial_groups(options.out, listed, groups | {group_of(path.name) for path in older}, given)
    require_space(options.out, len(clips))
    rows = []
    written = set()
    with refusing_disk(), FilesTogether() as drafts:
        for one in track(clips, "slicing", console=console, transient=True):
            path, row, content = cut_clip(one, files[one.slice.place], options.gain_db)
            drafts.add(options.out / path, content)
            rows.append(row)
            written.add(options.out / path)
        gone = written.union(older)
        kept = [row for row in listed if options.out / row["path"] not in gone]
        drafts.add(options.out / LIST_NAME, slice_list_bytes([*kept, *rows]))
    for stale in set(older) - written:
        stale.unlink(missing_ok=True)
    _print_counts(clips, options, console)
    if options.rest is not None and not rest:
        console.print(_why_no_rest(recordings, options.rest), highlight=False, markup=False, soft_wrap=True)


def _labelled(file: OwnRecording, options: SliceOptions) -> LabelledRecording:
    labels = read_labels(file.path)
    if (labels or options.rest is not None) and not LOWEST_RATE_HZ <= file.rate_hz <= HIGHEST_RATE_HZ:
        raise InputError(
            f"{file.path} has {file.rate_hz} Hz, and clips are cut from {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz: "
            f"convert it (sox {file.path.name} -r 48000 OUT.wav) and label that, or leave it out"
        )
    for label in labels:
        if label.begin_seconds >= file.seconds:
            raise LabelError(
                f"{file.path} ends after {file.seconds:.1f} s, before its label {label}: do the labels belong to "
                "another recording?"
            )
    return LabelledRecording(
        stem=file.path.stem,
        rate_hz=file.rate_hz,
        samples=file.samples,
        labels=labels,
        session=file.session,
        first_sample=file.first_sample,
        begins_at_seconds=file.begins_at_seconds,
    )


def _refuse_same_names(files: Sequence[OwnRecording]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        other = seen.setdefault(file.path.stem, file.path)
        if other is not file.path:
            raise SliceError(f"clips of {other} and {file.path} would have the same names; rename one of them")


def _rest(
    files: Sequence[OwnRecording],
    recordings: Sequence[LabelledRecording],
    options: SliceOptions,
    labelled: int,
    console: Console,
) -> list[Slice]:
    """Choose quiet clips without a label, spread over the night."""
    wanted = options.rest_clips if options.rest_clips is not None else labelled or DEFAULT_REST_CLIPS
    candidates = spread_evenly(unlabelled_slices(recordings, options.rest or ""), MEASURED_PER_CLIP * wanted)
    levels = [
        level_dbfs(read_window(files[one.place], one.first_sample))
        for one in track(candidates, "listening for quiet", console=console, transient=True)
    ]
    # Each microphone has its own level of quiet.
    rooms: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(candidates):
        rooms[recordings[one.place].part_of].append(place)
    quiet = [places[k] for places in rooms.values() for k in quiet_among([levels[place] for place in places])]
    return spread_evenly([candidates[place] for place in sorted(quiet)], wanted)


def _why_nothing(files: Sequence[OwnRecording], recordings: Sequence[LabelledRecording], options: SliceOptions) -> str:
    if any(one.labels for one in recordings):
        return f"no label holds a whole clip of {WINDOW_SECONDS} s; label longer stretches"
    if options.rest is not None:
        return f"there is no quiet in {files[0].path}" if len(files) == 1 else "there is no quiet in these recordings"
    return (
        f"nothing is labelled: {files[0].path} has no label file beside it. Label what you heard, as with: "
        f"tears label {files[0].path.parent} --from 02:13 --to 02:21 crying"
    )


def _why_no_rest(recordings: Sequence[LabelledRecording], name: str) -> str:
    if unlabelled_slices(recordings, name):
        why = "the parts without a label are digital silence, as of a microphone that was muted"
    else:
        why = f"all parts without a label are within {GUARD_SECONDS:g} s of a label, or shorter than a clip"
    return f"--rest {name} adds no clips: {why}"


def _print_counts(clips: Sequence[NamedSlice], options: SliceOptions, console: Console) -> None:
    table = Table("label", "clips", "minutes", "recordings")
    for label, count in sorted(Counter(one.slice.label for one in clips).items()):
        groups = {one.slice.group for one in clips if one.slice.label == label}
        table.add_row(label, str(count), f"{count * WINDOW_SECONDS / 60:.1f}", str(len(groups)))
    console.print(table)
    console.print(
        f"{len(clips)} clips in {options.out}; check them with: tears dataset check {options.out}", markup=False
    )
