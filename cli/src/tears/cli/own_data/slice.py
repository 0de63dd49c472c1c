"""`tears slice`: labelled recordings into 5 s clips, a folder for each label, as trainers take them."""

from __future__ import annotations

import csv
import io
import shutil
import wave
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MODEL_RATE_HZ, WINDOW_SAMPLES, WINDOW_SECONDS
from tears.audio.format import Int16Array, pcm_from_samples
from tears.audio.level import level_dbfs
from tears.audio.window import make_window
from tears.cli.errors import InputError
from tears.cli.own_data.drafts import Drafts, disk_error
from tears.cli.own_data.recorded_files import RecordedFile, find_recorded, read_labels, read_window
from tears.own_data.clips.quiet import quiet_among
from tears.own_data.clips.slicing import (
    GUARD_SECONDS,
    NOHASH,
    NamedSlice,
    Recorded,
    Slice,
    evenly,
    group_of,
    labelled_slices,
    named,
    rest_slices,
)
from tears.own_data.errors import LabelError, SliceError
from tears.own_data.labels.label_names import check_name

LIST_NAME = "slices.csv"
COLUMNS = ("path", "label", "recording", "start_seconds", "level_dbfs", "gain_db", "clipped_share")
CLIP_BYTES = 2 * WINDOW_SAMPLES + 44
# Left free on the disk that clips are written to.
SPARE_BYTES = 16 * 2**20
# So many windows are listened to for each one that is wanted.
LOOKED_AT = 4
# As many quiet clips as this where nothing is labelled.
REST_CLIPS = 60


@dataclass(frozen=True, kw_only=True)
class SliceOptions:
    """What was asked for.

    Attributes:
        out: folder of the labels' folders.
        gain_db: as `sox vol`; None: automatic.
        rest: label for the quiet parts of what is not labelled; None: they are left.
        rest_clips: how many of them; None: as many as are labelled.
        replace: clips of the same recordings give way.
    """

    out: Path
    gain_db: float | None
    rest: str | None
    rest_clips: int | None
    replace: bool


def slice_recordings(paths: Sequence[Path], options: SliceOptions, console: Console) -> None:
    """Cuts the clips; all appear, or none.

    Raises:
        InputError: a recording or a label cannot be used, nothing is labelled, or the disk is full.
    """
    files = find_recorded(paths)
    try:
        recordings = [_recorded(one, options) for one in files]
        _refuse_twins(files)
        planned = labelled_slices(recordings)
        rest: list[Slice] = []
        if options.rest is not None:
            check_name(options.rest)
            rest = _rest(files, recordings, options, len(planned), console)
        clips = named(planned + rest)
    except (LabelError, SliceError) as error:
        raise InputError(str(error)) from error
    if not clips:
        raise InputError(_nothing(files, recordings, options))
    listed = _listed(options.out)
    groups, given = {one.slice.group for one in clips}, {one.path.name for one in files}
    older = _older(options.out, listed, groups, given)
    if older and not options.replace:
        raise InputError(
            f"{older[0]} is there already: --replace it and the other clips of these recordings if they are to be cut "
            "anew; if it is of another recording of the same name, rename this one, or name another --out"
        )
    _refuse_parts(options.out, listed, groups | {group_of(path.name) for path in older}, given)
    _require_room(options.out, len(clips))
    rows = []
    written = set()
    with Drafts() as drafts:
        for one in track(clips, "slicing", console=console, transient=True):
            path, row, content = _cut(one, files[one.slice.place], options)
            drafts.add(options.out / path, content)
            rows.append(row)
            written.add(options.out / path)
        gone = written.union(older)
        kept = [row for row in listed if options.out / row["path"] not in gone]
        drafts.add(options.out / LIST_NAME, _csv([*kept, *rows]))
    for stale in set(older) - written:
        stale.unlink(missing_ok=True)
    _print(clips, options, console)
    if options.rest is not None and not rest:
        console.print(_no_rest(recordings, options.rest), highlight=False, markup=False, soft_wrap=True)


def wav_bytes(samples: Int16Array) -> bytes:
    """A WAV of 22 050 Hz, mono, 16 bits."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MODEL_RATE_HZ)
        file.writeframes(pcm_from_samples(samples))
    return content.getvalue()


def _recorded(file: RecordedFile, options: SliceOptions) -> Recorded:
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
    return Recorded(
        stem=file.path.stem,
        rate_hz=file.rate_hz,
        samples=file.samples,
        labels=labels,
        session=file.session,
        first_sample=file.first_sample,
        begins_at_seconds=file.begins_at_seconds,
    )


def _refuse_twins(files: Sequence[RecordedFile]) -> None:
    seen: dict[str, Path] = {}
    for file in files:
        other = seen.setdefault(file.path.stem, file.path)
        if other is not file.path:
            raise SliceError(f"clips of {other} and {file.path} would have the same names; rename one of them")


def _rest(
    files: Sequence[RecordedFile],
    recordings: Sequence[Recorded],
    options: SliceOptions,
    labelled: int,
    console: Console,
) -> list[Slice]:
    wanted = options.rest_clips if options.rest_clips is not None else labelled or REST_CLIPS
    candidates = evenly(rest_slices(recordings, options.rest or ""), LOOKED_AT * wanted)
    levels = [
        level_dbfs(read_window(files[one.place], one.first_sample))
        for one in track(candidates, "listening for quiet", console=console, transient=True)
    ]
    # A room is as quiet as it is, by its own microphone.
    rooms: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(candidates):
        rooms[recordings[one.place].part_of].append(place)
    quiet = [places[k] for places in rooms.values() for k in quiet_among([levels[place] for place in places])]
    return evenly([candidates[place] for place in sorted(quiet)], wanted)


def _cut(one: NamedSlice, file: RecordedFile, options: SliceOptions) -> tuple[str, dict[str, str], bytes]:
    window = make_window(read_window(file, one.slice.first_sample), file.rate_hz, options.gain_db)
    path = f"{one.slice.label}/{one.name}"
    row = {
        "path": path,
        "label": one.slice.label,
        "recording": file.path.name,
        "start_seconds": f"{one.slice.first_sample / file.rate_hz:.6f}",
        "level_dbfs": f"{window.level_dbfs:.1f}",
        "gain_db": f"{window.gain_db:.2f}",
        "clipped_share": f"{window.clipped_samples / (WINDOW_SECONDS * file.rate_hz):.4f}",
    }
    return path, row, wav_bytes(window.samples)


def _listed(out: Path) -> list[dict[str, str]]:
    """What earlier runs wrote down."""
    path = out / LIST_NAME
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}; move it away, or name another --out") from error
    if rows and set(rows[0]) - {None} != set(COLUMNS):
        raise InputError(f"{path} is no list of slices; move it away, or name another --out")
    for number, row in enumerate(rows, 1):
        # A cell too many is under None, and one that is missing is None.
        if None in row or None in row.values():
            raise InputError(f"{path}: row {number} has not {len(COLUMNS)} cells; mend it, or name another --out")
    return rows


def _older(out: Path, listed: Sequence[dict[str, str]], groups: set[str], recordings: set[str]) -> list[Path]:
    """Clips of these recordings that were cut before, whatever they are called."""
    found = {path for path in out.glob(f"*/*{NOHASH}*.wav") if group_of(path.name) in groups}
    found |= {out / row["path"] for row in listed if row["recording"] in recordings}
    return sorted(path for path in found if path.is_file())


def _refuse_parts(out: Path, listed: Sequence[dict[str, str]], groups: set[str], recordings: set[str]) -> None:
    """Refuses to replace a part of what has one name: the rest may be the only copy, or get to the split's other side.

    Args:
        out: Folder of the labels' folders.
        listed: What earlier runs wrote down.
        groups: Names that clips have which are to be cut or replaced.
        recordings: Names of those that were given.
    """
    # By the name of the clip alone: a parent may have put it under another label.
    cut_from = {Path(row["path"]).name: row["recording"] for row in listed}
    for path in sorted(out.glob(f"*/*{NOHASH}*.wav")):
        group, recording = group_of(path.name), cut_from.get(path.name)
        if group in groups and recording is not None and recording not in recordings:
            raise InputError(
                f"{path} was cut from {recording}, and the clips of {group} are replaced together or not at all: give "
                f"{recording} too, or name another --out"
            )


def _csv(rows: Iterable[dict[str, str]]) -> bytes:
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue().encode()


def _require_room(out: Path, clips: int) -> None:
    place = next(one for one in (out, *out.absolute().parents) if one.exists())
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        raise disk_error(out, error) from error
    needed = clips * CLIP_BYTES + SPARE_BYTES
    if free < needed:
        raise InputError(
            f"{clips} clips need {needed / 2**20:.0f} MiB and {out} has {free / 2**20:.0f} MiB free: free space there, "
            "or name another --out"
        )


def _nothing(files: Sequence[RecordedFile], recordings: Sequence[Recorded], options: SliceOptions) -> str:
    if any(one.labels for one in recordings):
        return f"no label holds a whole clip of {WINDOW_SECONDS} s; label longer stretches"
    if options.rest is not None:
        return f"there is no quiet in {files[0].path}" if len(files) == 1 else "there is no quiet in these recordings"
    return (
        f"nothing is labelled: {files[0].path} has no label file beside it. Label what you heard, as with: "
        f"tears label {files[0].path.parent} --from 02:13 --to 02:21 crying"
    )


def _no_rest(recordings: Sequence[Recorded], name: str) -> str:
    if rest_slices(recordings, name):
        why = "what is not labelled is digital silence, as of a microphone that was muted"
    else:
        why = f"all that is not labelled is within {GUARD_SECONDS:g} s of a label, or shorter than a clip"
    return f"--rest {name} adds no clips: {why}"


def _print(clips: Sequence[NamedSlice], options: SliceOptions, console: Console) -> None:
    table = Table("label", "clips", "minutes", "recordings")
    for label, count in sorted(Counter(one.slice.label for one in clips).items()):
        groups = {one.slice.group for one in clips if one.slice.label == label}
        table.add_row(label, str(count), f"{count * WINDOW_SECONDS / 60:.1f}", str(len(groups)))
    console.print(table)
    console.print(
        f"{len(clips)} clips in {options.out}; tears dataset check {options.out} looks them over", markup=False
    )
