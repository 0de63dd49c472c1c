"""The dataset's manifests: which clips there are, and where they come from."""

import argparse
import contextlib
import csv
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, int16_from_float
from tears.own_data.errors import TableError
from tears.own_data.labels.label_names import CRYING
from tears.own_data.tables import read_table, table_lines
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import fill, open_decoder
from tears.trainer.errors import ManifestError

DATASET_HELP: Final = f"folder with manifest.csv and clips, or several with {os.pathsep!r} between them"
MANIFEST_COLUMNS = ("path", "label", "category", "source", "original_recording", "split")


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
        lines, separator = table_lines(path, MANIFEST_COLUMNS)
        header = next(csv.reader(lines, delimiter=separator), [])
        missing = [name for name in MANIFEST_COLUMNS if len(lines) < 2 or name not in header]  # noqa: PLR2004 - a row
        if missing:
            raise ManifestError(f"{path} lacks the columns {', '.join(missing)}")
        return read_table(path, ("path", "label", "split"))
    except FileNotFoundError as error:
        raise ManifestError(f"{path} does not exist: --dataset takes a {DATASET_HELP}") from error
    except TableError as error:
        raise ManifestError(str(error)) from error


def leaked_clips(clips: Iterable[DatasetClip]) -> list[tuple[DatasetClip, DatasetClip]]:
    """Return two clips from different splits of each recording that has such; a recording is one of its source."""
    first_of: dict[tuple[str, str], dict[str, DatasetClip]] = defaultdict(dict)
    for clip in clips:
        first_of[clip.source, clip.original_recording].setdefault(clip.split, clip)
    found = [tuple(splits.values()) for _, splits in sorted(first_of.items(), key=lambda item: item[0])]
    return [(splits[0], splits[1]) for splits in found if len(splits) > 1]


def read_clip(clip: DatasetClip) -> Int16Array:
    """Read a clip's samples, int16 of shape [110 250]: 5 s, mono, 22 050 Hz.

    Raises:
        ManifestError: The clip cannot be read, or has another rate, another length, or more than one channel.
    """
    try:
        decoder = open_decoder(clip.path)
    except UnreadableSoundError as error:
        raise ManifestError(f"{clip.path} cannot be read (it {error.reason}), or delete its line") from error
    with contextlib.closing(decoder):
        samples = np.empty((WINDOW_SAMPLES + 1, decoder.channels), np.float64)
        count = fill(decoder, samples)
        if decoder.rate_hz != MODEL_RATE_HZ or decoder.channels != 1 or count != WINDOW_SAMPLES:
            length = f"more than {WINDOW_SAMPLES}" if count > WINDOW_SAMPLES else str(count)
            raise ManifestError(
                f"{clip.path}: {decoder.rate_hz} Hz, {decoder.channels} channels and {length} samples; "
                f"wanted {MODEL_RATE_HZ} Hz, one channel and {WINDOW_SAMPLES}"
            )
    return int16_from_float(samples[:WINDOW_SAMPLES, 0])
