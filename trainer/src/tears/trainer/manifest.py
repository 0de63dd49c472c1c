"""The dataset's manifest: which clips there are, where they come from, and how often each is drawn."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, int16_from_float
from tears.own_data.labels.label_names import CRYING
from tears.trainer.errors import ManifestError

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


def read_manifest(dataset: Path) -> list[DatasetClip]:
    """Read ``dataset/manifest.csv``.

    Raises:
        ManifestError: There is no manifest, it lacks a column, or a recording has clips in more than one split.
    """
    path = dataset / "manifest.csv"
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise ManifestError(f"{path} does not exist: --dataset takes a folder with manifest.csv and clips") from error
    missing = [name for name in MANIFEST_COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise ManifestError(f"{path} lacks the columns {', '.join(missing)}")
    clips = [
        DatasetClip(
            path=dataset / row["path"],
            label_suspect=row.get("label_suspect") == "1",
            **{name: row[name] for name in MANIFEST_COLUMNS[1:]},
        )
        for row in rows
    ]
    leaks = recordings_in_two_splits(clips)
    if leaks:
        raise ManifestError(
            f"{path}: recordings in more than one split, e.g. {leaks[0]}: the figures would look too good"
        )
    return clips


def recordings_in_two_splits(clips: Iterable[DatasetClip]) -> list[str]:
    """Return the original recordings, each of one source, that have clips in more than one split."""
    in_splits = {(clip.source, clip.original_recording, clip.split) for clip in clips}
    splits = Counter((source, recording) for source, recording, _ in in_splits)
    return sorted(recording for (_, recording), count in splits.items() if count > 1)


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
