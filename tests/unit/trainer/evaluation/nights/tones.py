"""Recordings that can be recognised in a night, because each is a tone of another pitch."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

_CLIP_RATE_HZ = 8_000
_CLIP_SECONDS = 2

# name, label, category, split, label_suspect, clips
_RECORDINGS = (
    *((f"cry{k}", "crying", "crying_baby", "test", "0", 3) for k in range(5)),
    ("doubtful", "crying", "crying_baby", "test", "1", 3),
    ("mute", "crying", "silence", "test", "0", 1),
    *((f"other{k}", "other", f"kind{k}", "test", "0", 1) for k in range(8)),
    ("elsewhere", "other", "cat", "train", "0", 1),
)


@dataclass(frozen=True)
class Tones:
    """A manifest, and the pitch of each original recording in it."""

    manifest: Path
    pitch_hz: dict[str, int]


def write_tones(folder: Path) -> Tones:
    """Write six cries of three clips (one is doubtful), a silent cry, eight other sounds, and one of another split."""
    rows, pitch_hz = [], {}
    seconds = np.arange(_CLIP_SECONDS * _CLIP_RATE_HZ) / _CLIP_RATE_HZ
    for number, (name, label, category, split, suspect, clips) in enumerate(_RECORDINGS):
        pitch_hz[name] = 400 + 150 * number
        loudness = 0.0 if name == "mute" else 0.02 * (number + 1)
        for clip in range(clips):
            path = f"{name}-{clip}.flac"
            soundfile.write(folder / path, loudness * np.sin(2 * np.pi * pitch_hz[name] * seconds), _CLIP_RATE_HZ)
            rows.append((path, label, category, name, split, suspect))
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "label", "category", "original_recording", "split", "label_suspect"))
        writer.writerows(rows)
    return Tones(manifest, pitch_hz)
