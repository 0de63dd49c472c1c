"""The dataset's manifests: which clips there are, where they come from, and how often each is drawn."""

import argparse
import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, int16_from_float
from tears.own_data.labels.label_names import CRYING
from tears.trainer.errors import ManifestError

DATASET_HELP: Final = f"folder with manifest.csv and clips, or several with {os.pathsep!r} between them"
MANIFEST_COLUMNS = ("path", "label", "category", "source", "original_recording", "split")

# Each kind of source has a share of the draws, however many clips it has. One app gave most of the recorded cries, and
# a model trained on little else learns that app's microphones.
CRY_SOURCE_SHARES = {"donateacry": 0.36, "esc50": 0.16, "giulbia": 0.06}
OTHER_CRY_SOURCES_SHARE = 0.42

# The sounds that are most often mistaken for a cry are drawn more often.
CATEGORY_WEIGHTS = {
    **dict.fromkeys(("cat", "background_noise", "yawn", "child_speech", "children", "scream"), 3.0),
    **dict.fromkeys(("lullaby_music", "singing", "music"), 3.0),
    **dict.fromkeys(("door_wood_creaks", "laughing", "laughter", "baby_laugh", "goat_sheep"), 2.5),
    **dict.fromkeys(("music_ambient", "siren", "rooster", "dog"), 2.0),
}


@dataclass(frozen=True)
class DatasetClip:
    """One labelled clip of the dataset."""

    path: Path
    label: str  # `crying`, or another sound
    category: str  # the kind of sound, e.g. `cat`
    source: str  # the collection that the clip comes from
    original_recording: str  # the recording that the clip was cut from
    split: str  # `train`, `val` or `test`
    label_suspect: bool  # whether the label is in doubt: a cry that is probably inaudible

    @property
    def is_crying(self) -> bool:
        """Return whether the clip is labelled as crying."""
        return self.label == CRYING


def several_paths(text: str) -> tuple[Path, ...]:
    """Parse one path, or several with `os.pathsep` between them: the type of a command's option.

    Raises:
        argparse.ArgumentTypeError: There is no path in the text.
    """
    paths = tuple(Path(part) for part in text.split(os.pathsep) if part)
    if not paths:
        raise argparse.ArgumentTypeError(f"{text!r} names no path")
    return paths


def read_manifest(*folders: Path) -> list[DatasetClip]:
    """Read the ``manifest.csv`` of each folder; together they are one dataset.

    Raises:
        ManifestError: A folder has no manifest, a manifest lacks a column, the same path is in two rows, or a recording
            has clips in more than one split, be it in one folder or in two.
    """
    clips = []
    row_of: dict[str, str] = {}
    for folder in folders:
        for row in _read_rows(folder / "manifest.csv"):
            where = f"{folder / 'manifest.csv'}"
            if row["path"] in row_of:
                raise ManifestError(f"{row['path']} is in {row_of[row['path']]} and again in {where}: delete one row")
            row_of[row["path"]] = where
            suspect = row.get("label_suspect") == "1"
            fields = {name: row[name] for name in MANIFEST_COLUMNS[1:]}
            clips.append(DatasetClip(path=folder / row["path"], label_suspect=suspect, **fields))
    leaks = leaked_clips(clips)
    if leaks:
        one, other = leaks[0]
        raise ManifestError(
            f"recordings in more than one split, e.g. {one.original_recording} in {one.split} ({one.path}) and in "
            f"{other.split} ({other.path}): the figures would look too good; give all its rows the same split"
        )
    return clips


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise ManifestError(f"{path} does not exist: --dataset takes a {DATASET_HELP}") from error
    missing = [name for name in MANIFEST_COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise ManifestError(f"{path} lacks the columns {', '.join(missing)}")
    return rows


def leaked_clips(clips: Iterable[DatasetClip]) -> list[tuple[DatasetClip, DatasetClip]]:
    """Return two clips from different splits of each recording that has such; a recording is one of its source."""
    first_of: dict[tuple[str, str], dict[str, DatasetClip]] = defaultdict(dict)
    for clip in clips:
        first_of[clip.source, clip.original_recording].setdefault(clip.split, clip)
    found = [tuple(splits.values()) for _, splits in sorted(first_of.items(), key=lambda item: item[0])]
    return [(splits[0], splits[1]) for splits in found if len(splits) > 1]


def recordings_in_two_splits(clips: Iterable[DatasetClip]) -> list[str]:
    """Return the original recordings, each of one source, that have clips in more than one split."""
    return sorted(one.original_recording for one, _ in leaked_clips(clips))


def read_clip(clip: DatasetClip) -> Int16Array:
    """Read a clip's samples, int16 of shape [110 250]: 5 s, mono, 22 050 Hz.

    Raises:
        ManifestError: The clip cannot be read, or has another rate, another length, or more than one channel.
    """
    try:
        samples, rate_hz = soundfile.read(clip.path, dtype="float64")
    except (soundfile.SoundFileError, OSError) as error:
        raise ManifestError(f"{clip.path} cannot be read ({error}); copy it again, or delete its line") from error
    if rate_hz != MODEL_RATE_HZ or samples.shape != (WINDOW_SAMPLES,):
        raise ManifestError(
            f"{clip.path}: {rate_hz} Hz and shape {samples.shape}; wanted {MODEL_RATE_HZ} Hz and ({WINDOW_SAMPLES},)"
        )
    return int16_from_float(samples)


def draw_weights(clips: Sequence[DatasetClip]) -> npt.NDArray[np.float64]:
    """Return how often each clip of one label is drawn: shares, float64 [len(clips)], that sum to 1.

    The shares of sources (for cries) or categories (for other sounds) are divided among their recordings, and the
    share of a recording among its clips.
    """
    weights = np.zeros(len(clips))
    clips_of = Counter(clip.original_recording for clip in clips)
    recordings_of = Counter(group for group, _ in {(_source_group(clip), clip.original_recording) for clip in clips})
    for k, clip in enumerate(clips):
        per_clip = 1.0 / clips_of[clip.original_recording]
        if clip.is_crying:
            group = _source_group(clip)
            weights[k] = CRY_SOURCE_SHARES.get(group, OTHER_CRY_SOURCES_SHARE) / recordings_of[group] * per_clip
        else:
            # A long recording counts more than a short one, but less than in proportion to its clips.
            weights[k] = CATEGORY_WEIGHTS.get(clip.category, 1.0) * np.sqrt(per_clip)
    return np.asarray(weights / weights.sum(), np.float64)


def _source_group(clip: DatasetClip) -> str:
    return clip.source if clip.source in CRY_SOURCE_SHARES else "others"
