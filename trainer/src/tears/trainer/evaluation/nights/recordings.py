"""The sounds that a night is made of: recordings, each one or more labelled clips of a manifest."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tears.audio.format import Signal
from tears.trainer.evaluation.nights.errors import NightError
from tears.trainer.evaluation.nights.truth import CRYING, OTHER

# Below -100 dBFS a clip holds nothing.
_SILENT_RMS = 1e-5
_FRAMES_PER_SECOND = 20


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded at one time with one microphone; its clips must not be told apart by chance.

    Attributes:
        name: The manifest's `original_recording`, or its path where there is none.
        label: `crying` or `other`.
        category: That of its first clip.
        clips: Paths, in order.
        label_suspect: Whether any clip's label is in doubt.
    """

    name: str
    label: str
    category: str
    clips: tuple[Path, ...]
    label_suspect: bool


def read_recordings(manifest: Path, split: str | None) -> list[Recording]:
    """Groups the rows of a manifest by label and original recording, both in alphabetical order.

    Args:
        manifest: A CSV file with the columns path (relative to it) and label, and maybe category, original_recording,
            split and label_suspect.
        split: Only rows of this split; None for all.

    Raises:
        NightError: The manifest cannot be read or lacks a column.
    """
    try:
        with manifest.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if split is None or row.get("split") == split]
        rows.sort(key=_recording_and_path)
        return [_recording(manifest.parent, list(clips)) for _, clips in groupby(rows, key=_recording_of)]
    except OSError as error:
        raise NightError(f"{manifest} cannot be read: {error.strerror}") from error
    except KeyError as error:
        raise NightError(f"{manifest} has no column {error}") from error


def load_clip(path: Path, rate_hz: int) -> Signal | None:
    """Reads a clip at the night's rate, levelled so that `active_rms` is 1.

    Returns:
        float32, (n,), its channels mixed into one; None where the clip holds nothing.

    Raises:
        NightError: The file is no sound.
    """
    try:
        channels, recorded_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise NightError(f"{path} cannot be read as sound: {error}") from error
    sound: Signal = soxr.resample(channels.mean(axis=1), recorded_hz, rate_hz)
    if not sound.size or np.sqrt(np.mean(np.square(sound, dtype=np.float64))) < _SILENT_RMS:
        return None
    return sound / np.float32(active_rms(sound, rate_hz))


def active_rms(sound: Signal, rate_hz: int) -> float:
    """RMS over the louder half of a sound's 50 ms frames, so that pauses within it do not count.

    Args:
        sound: (n,); if shorter than a frame, it is one.
        rate_hz: Its rate.
    """
    frame = min(sound.size, rate_hz // _FRAMES_PER_SECOND)
    frames = sound[: sound.size // frame * frame].reshape(-1, frame)
    powers = np.sort(np.mean(np.square(frames, dtype=np.float64), axis=1))
    return float(np.sqrt(powers[powers.size // 2 :].mean()))


def _label_of(row: Mapping[str, str]) -> str:
    return CRYING if row["label"] == CRYING else OTHER


def _recording_of(row: Mapping[str, str]) -> tuple[str, str]:
    return _label_of(row), row.get("original_recording") or row["path"]


def _recording_and_path(row: Mapping[str, str]) -> tuple[tuple[str, str], str]:
    return _recording_of(row), row["path"]


def _recording(folder: Path, rows: list[dict[str, str]]) -> Recording:
    label, name = _recording_of(rows[0])
    return Recording(
        name=name,
        label=label,
        category=rows[0].get("category") or rows[0]["label"],
        clips=tuple(folder / row["path"] for row in rows),
        label_suspect=any(row.get("label_suspect") == "1" for row in rows),
    )
