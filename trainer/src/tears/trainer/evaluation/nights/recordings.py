"""The sounds that a night is made of: recordings of one or more labelled clips of a manifest."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tears.audio.format import Signal
from tears.own_data.labels.label_names import CRYING
from tears.trainer.errors import NightError
from tears.trainer.evaluation.nights.truth import OTHER_SOUND

# -100 dBFS: a clip below this level holds no sound.
_SILENT_CLIP_RMS = 1e-5
_FRAMES_PER_SECOND = 20
# A key of a row besides the columns of its manifest: the folder that its path is relative to.
_FOLDER = "folder of the manifest"


@dataclass(frozen=True, slots=True)
class SourceRecording:
    """The clips that were cut from one original recording."""

    name: str  # the manifest's `original_recording`, or its path if it has none
    label: str  # `crying` or `other`
    category: str  # of its first clip
    clips: tuple[Path, ...]  # in alphabetical order
    label_suspect: bool  # whether the label of any clip is in doubt


def read_recordings(manifests: Sequence[Path], split: str | None) -> list[SourceRecording]:
    """Group the rows of manifests by label and original recording, both in alphabetical order.

    Args:
        manifests: CSV files with the columns path (relative to the manifest) and label, and optionally category,
            original_recording, split and label_suspect. A recording may have clips in several.
        split: Only rows of this split are read; None for all.

    Raises:
        NightError: A manifest cannot be read or lacks a column.
    """
    rows = [row for manifest in manifests for row in _read_rows(manifest) if split is None or row.get("split") == split]
    rows.sort(key=lambda row: (_label_and_recording(row), row["path"]))
    return [_recording(list(clips)) for _, clips in groupby(rows, key=_label_and_recording)]


def load_clip(path: Path, rate_hz: int) -> Signal | None:
    """Read a clip at the night's rate, its channels mixed into one, at an `active_rms` of 1; None if it is silent.

    Raises:
        NightError: The file cannot be read as sound.
    """
    try:
        channels, recorded_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise NightError(f"{path} cannot be read as sound: {error}") from error
    sound: Signal = soxr.resample(channels.mean(axis=1), recorded_hz, rate_hz)
    if not sound.size or np.sqrt(np.mean(np.square(sound, dtype=np.float64))) < _SILENT_CLIP_RMS:
        return None
    return sound / np.float32(active_rms(sound, rate_hz))


def active_rms(sound: Signal, rate_hz: int) -> float:
    """Return the RMS over the louder half of a sound's 50 ms frames, so that pauses within it do not count.

    A sound shorter than a frame counts as one frame.
    """
    frame = min(sound.size, rate_hz // _FRAMES_PER_SECOND)
    frames = sound[: sound.size // frame * frame].reshape(-1, frame)
    powers = np.sort(np.mean(np.square(frames, dtype=np.float64), axis=1))
    return float(np.sqrt(powers[powers.size // 2 :].mean()))


def _label_and_recording(row: Mapping[str, str]) -> tuple[str, str]:
    label = CRYING if row["label"] == CRYING else OTHER_SOUND
    return label, row.get("original_recording") or row["path"]


def _recording(rows: list[dict[str, str]]) -> SourceRecording:
    label, name = _label_and_recording(rows[0])
    return SourceRecording(
        name=name,
        label=label,
        category=rows[0].get("category") or rows[0]["label"],
        clips=tuple(Path(row[_FOLDER]) / row["path"] for row in rows),
        label_suspect=any(row.get("label_suspect") == "1" for row in rows),
    )


def _read_rows(manifest: Path) -> list[dict[str, str]]:
    try:
        with manifest.open(newline="") as file:
            reader = csv.DictReader(file)
            for name in ("path", "label"):
                if name not in (reader.fieldnames or ()):
                    raise NightError(f"{manifest} has no column {name!r}")
            return [row | {_FOLDER: str(manifest.parent)} for row in reader]
    except OSError as error:
        raise NightError(f"{manifest} cannot be read: {error.strerror}") from error
