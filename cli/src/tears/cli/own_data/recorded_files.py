"""Look at a parent's recordings: how long they are, when they began, and which belong together."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from tears.audio.constants import FULL_SCALE
from tears.audio.format import SampleArray, int16_from_float, to_mono
from tears.audio.window_positions import native_window_samples
from tears.cli.errors import InputError
from tears.own_data.clips.clip_names import NOHASH
from tears.own_data.clips.labelled_slices import OwnRecording
from tears.own_data.clips.wav_files import fault_of_name, missing_bytes
from tears.own_data.labels.label_track import Label, labels_path, parse_labels

RECORDING_SUFFIXES = (".flac", ".wav", ".ogg")
# `tears record` names and tags its files like this.
_TIME = re.compile(r"(?<!\d)\d{8}T\d{6}Z(?![A-Za-z0-9])")
_PLACE = re.compile(r"-(?P<session>[A-Za-z0-9_]{1,64})-(?P<first>\d{12,20})-\d{12,20}\Z")
_TAG = re.compile(r"mic=(?P<mic>\S+) session=(?P<session>\S+) first_sample=(?P<first>\d+)\Z")


def find_recorded(paths: Sequence[Path]) -> list[OwnRecording]:
    """Look at WAV, FLAC or OGG files, and at all in folders except clips; return each once, sorted by path.

    Raises:
        InputError: A file cannot be read, or a folder holds no recordings.
        RecordingError: This user may not read a file.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for one in _files_in(path) if path.is_dir() else [path]:
            found.setdefault(one.resolve(), one)
    return [read_recorded(path) for path in sorted(found.values())]


def read_recorded(path: Path) -> OwnRecording:
    """Look at one recording; raises as `find_recorded` does."""
    if fault := fault_of_name(path):
        raise InputError(fault)
    try:
        with soundfile.SoundFile(path) as file:
            rate_hz, samples, comment, date = file.samplerate, file.frames, file.comment, file.date
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{path} cannot be read as a recording (WAV, FLAC or OGG): {error}") from error
    if missing := missing_bytes(path):
        raise InputError(
            f"{path} is truncated: its last {missing} bytes are missing; copy it again, or keep what is there: "
            f"sox --ignore-length {path.name} WHOLE.wav"
        )
    if samples == 0:
        raise InputError(f"{path} is empty: it holds no samples; give a recording with sound in it")
    session, first_sample = _place(path.stem, comment)
    return OwnRecording(
        path=path,
        rate_hz=rate_hz,
        samples=samples,
        begins_at_seconds=_beginning(path.stem, date),
        session=session,
        first_sample=first_sample,
    )


def read_labels(recording: Path) -> tuple[Label, ...]:
    """Return the labels beside a recording; none if there is no label file.

    Raises:
        InputError: The file cannot be read.
        LabelError: The file holds something other than labels.
    """
    path = labels_path(recording)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a label track: {error}") from error
    return parse_labels(text, str(path))


def read_window(file: OwnRecording, first_sample: int) -> SampleArray:
    """Return 5 s of a recording, all channels mixed.

    Returns:
        (5 * rate,): int16, or float64 of the same scale if the file holds more than 16 bits.

    Raises:
        InputError: The file ends before, or it cannot be read.
        AudioFormatError: Its rate lies outside 4 000 to 384 000 Hz.
    """
    size = native_window_samples(file.rate_hz)
    try:
        with soundfile.SoundFile(file.path) as sound:
            sound.seek(first_sample)
            frames = sound.read(size, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{file.path} cannot be read at {first_sample / file.rate_hz:.1f} s: {error}") from error
    if len(frames) != size:
        raise InputError(
            f"{file.path} is truncated: it says that it has {file.seconds:.1f} s, and ends after "
            f"{(first_sample + len(frames)) / file.rate_hz:.1f} s; copy it again, or leave it out"
        )
    whole = int16_from_float(frames)
    if np.array_equal(whole, frames * FULL_SCALE):
        return to_mono(whole)
    # A gain of 45 dB makes sound audible that lies below the sixteenth bit.
    fine: SampleArray = to_mono(np.clip(np.nan_to_num(frames), -1, 1) * FULL_SCALE)
    return fine


def _files_in(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in RECORDING_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise InputError(
            f"{folder} holds no recordings ({', '.join(RECORDING_SUFFIXES)}); name a folder or files that do"
        )
    recordings = [path for path in found if NOHASH not in path.name]
    if not recordings:
        raise InputError(
            f"{folder} holds only clips, such as {found[0].name}; name the folder of the recordings that they were cut "
            "from"
        )
    return recordings


def _place(stem: str, comment: str) -> tuple[str, int]:
    """Return the microphone and session of a recording, and its first sample there; the tag survives a new name."""
    tagged = _TAG.match(comment or "")
    if tagged:
        return f"{tagged['mic']} {tagged['session']}", int(tagged["first"])
    named = _PLACE.search(stem)
    timed = _TIME.search(stem)
    if named and timed:
        return f"{stem[: timed.start()].rstrip('-')} {named['session']}", int(named["first"])
    return "", 0


def _beginning(stem: str, date: str) -> float | None:
    """Return when a recording began, by its tag, else by its name; None if neither says that."""
    named = _TIME.search(stem)
    for text in (date, named and named[0]):
        try:
            moment = dt.datetime.fromisoformat(text or "")
        except ValueError:
            continue
        if moment.tzinfo:
            return moment.timestamp()
    return None
