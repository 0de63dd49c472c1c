"""`tears slice`: cut labelled recordings into 5 s clips, a folder for each label, as trainers expect them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, WINDOW_SECONDS
from tears.audio.level import level_dbfs
from tears.audio.offset import without_offset
from tears.cli.console import make_console
from tears.cli.errors import InputError, refusing_disk
from tears.cli.options import EXISTING_PATH, FOLDER, GainType, decibels
from tears.cli.own_data.clip_cutting import cut_clip, require_space
from tears.cli.own_data.recorded_files import find_recorded, read_labels, saying_left_out
from tears.cli.own_data.slice_list import (
    LIST_NAME,
    older_clips,
    read_slice_list,
    refuse_partial_groups,
    slice_list_bytes,
)
from tears.cli.own_data.window_reader import WindowReader
from tears.kit.files import PRIVATE_FILE_MODE, FilesTogether
from tears.own_data.clips.clip_names import NamedSlice, Slice, group_of, named_slices
from tears.own_data.clips.labelled_slices import OwnRecording, labelled_slices
from tears.own_data.clips.unlabelled_slices import GUARD_SECONDS, quiet_among, spread_evenly, unlabelled_slices
from tears.own_data.errors import LabelError, SliceError
from tears.own_data.labels.label_names import check_name

# The levels of this many windows are measured for each quiet clip that is wanted.
MEASURED_PER_CLIP = 4
# This many quiet clips are cut if nothing is labelled.
DEFAULT_REST_CLIPS = 60


@click.command("slice")
@click.argument("recordings", nargs=-1, required=True, type=EXISTING_PATH)
@click.option(
    "--out", required=True, type=FOLDER, help="The folder to write the clips to, into a folder for each label."
)
@click.option(
    "--gain-db",
    type=GainType(),
    default="45",
    show_default=True,
    help="How much to amplify the clips, in decibels; auto: as much as possible without clipping.",
)
@click.option(
    "--rest",
    metavar="LABEL",
    help="Also cut clips out of the parts that have no label, and give them this one, such as quiet.",
)
@click.option(
    "--rest-clips",
    type=click.IntRange(1),
    help="How many clips to cut for --rest.  [default: as many as of the other labels]",
)
@click.option(
    "--replace", "is_replacing", is_flag=True, help="Replace the clips that were cut from the same recordings before."
)
def command(
    *,
    recordings: tuple[Path, ...],
    out: Path,
    gain_db: str,
    rest: str | None,
    rest_clips: int | None,
    is_replacing: bool,
) -> None:
    """Cut labelled recordings into 5 s clips, a folder for each label.

    Each is what `sox -D IN OUT trim START 5 vol 45 dB rate 22050` makes of a recording of one channel, and is called
    <recording>_nohash_<k>.wav, so that trainers keep the clips of one recording together.
    """
    console = make_console()
    files = [_labelled(one, is_rest_cut=rest is not None) for one in find_recorded(recordings, saying_left_out)]
    _refuse_same_names(files)
    planned = labelled_slices(files)
    quiet: list[Slice] = []
    if rest is not None:
        check_name(rest)
        wanted = rest_clips if rest_clips is not None else len(planned) or DEFAULT_REST_CLIPS
        quiet = _quiet_clips(files, rest, wanted, console)
    clips = named_slices(planned + quiet)
    if not clips:
        raise InputError(_why_nothing(files, is_rest_cut=rest is not None))
    listed = read_slice_list(out)
    groups, given = {one.slice.group for one in clips}, {one.name for one in files}
    older = older_clips(out, listed, groups, given)
    if older and not is_replacing:
        raise InputError(
            f"{older[0]} exists already: add --replace if it and the other clips of these recordings are to be cut "
            "again; if it is of another recording of the same name, rename this one, or name another --out"
        )
    refuse_partial_groups(out, listed, groups | {group_of(path.name) for path in older}, given)
    require_space(out, len(clips))
    rows = []
    with refusing_disk(), WindowReader() as reader, FilesTogether() as drafts:
        for one in track(clips, "slicing", console=console, transient=True):
            row, content = cut_clip(one, files[one.slice.place], reader, decibels(gain_db))
            drafts.add(out / row["path"], content, mode=PRIVATE_FILE_MODE)
            rows.append(row)
        written = {out / row["path"] for row in rows}
        gone = written.union(older)
        kept = [row for row in listed if out / row["path"] not in gone]
        drafts.add(out / LIST_NAME, slice_list_bytes([*kept, *rows]))
    for stale in set(older) - written:
        stale.unlink(missing_ok=True)
    _print_counts(clips, out, console)
    if rest is not None and not quiet:
        console.print(_why_no_rest(files, rest), highlight=False, markup=False, soft_wrap=True)


def _labelled(file: OwnRecording, *, is_rest_cut: bool) -> OwnRecording:
    """Return a recording with the labels beside it."""
    labels = read_labels(file.path)
    if (labels or is_rest_cut) and not LOWEST_RATE_HZ <= file.rate_hz <= HIGHEST_RATE_HZ:
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
    return replace(file, labels=labels)


def _refuse_same_names(files: Sequence[OwnRecording]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        other = seen.setdefault(file.stem, file.path)
        if other is not file.path:
            raise SliceError(f"clips of {other} and {file.path} would have the same names; rename one of them")


def _quiet_clips(files: Sequence[OwnRecording], name: str, wanted: int, console: Console) -> list[Slice]:
    """Choose at most `wanted` quiet clips without a label, spread over the night; they get the label `name`."""
    candidates = spread_evenly(unlabelled_slices(files, name), MEASURED_PER_CLIP * wanted)
    with WindowReader() as reader:
        levels = [
            _level_dbfs(files[one.place], one.first_sample, reader)
            for one in track(candidates, "listening for quiet", console=console, transient=True)
        ]
    # Each microphone has its own level of quiet.
    rooms: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(candidates):
        rooms[files[one.place].part_of].append(place)
    quiet = [places[k] for places in rooms.values() for k in quiet_among([levels[place] for place in places])]
    return spread_evenly([candidates[place] for place in sorted(quiet)], wanted)


def _level_dbfs(file: OwnRecording, first_sample: int, reader: WindowReader) -> float:
    """Return the level of 5 s of a recording, without the microphone's offset."""
    return level_dbfs(without_offset(reader.read(file, first_sample), file.rate_hz, None))


def _why_nothing(files: Sequence[OwnRecording], *, is_rest_cut: bool) -> str:
    if any(one.labels for one in files):
        return f"no label holds a whole clip of {WINDOW_SECONDS} s; label longer stretches"
    if is_rest_cut:
        return f"there is no quiet in {files[0].path}" if len(files) == 1 else "there is no quiet in these recordings"
    return (
        f"nothing is labelled: {files[0].path} has no label file beside it. Label what you heard, as with: "
        f"./tears label {files[0].path.parent} --from 02:13 --to 02:21 crying"
    )


def _why_no_rest(recordings: Sequence[OwnRecording], name: str) -> str:
    if unlabelled_slices(recordings, name):
        why = "the parts without a label are digital silence, as of a microphone that was muted"
    else:
        why = f"all parts without a label are within {GUARD_SECONDS:g} s of a label, or shorter than a clip"
    return f"--rest {name} adds no clips: {why}"


def _print_counts(clips: Sequence[NamedSlice], out: Path, console: Console) -> None:
    table = Table("label", "clips", "minutes", "recordings")
    for label, count in sorted(Counter(one.slice.label for one in clips).items()):
        groups = {one.slice.group for one in clips if one.slice.label == label}
        table.add_row(label, str(count), f"{count * WINDOW_SECONDS / 60:.1f}", str(len(groups)))
    console.print(table)
    console.print(f"{len(clips)} clips in {out}; check them with: ./tears dataset check {out}", markup=False)
