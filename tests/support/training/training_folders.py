"""Folders of short WAVs to train on, made in milliseconds and easy to tell apart."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 8000
CLIP_MS = 256
CLIP_SAMPLES = RATE_HZ * CLIP_MS // 1000  # 2 048


def write_wav(path: Path, sound: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    """Write floats in [-1, 1], (n,) or (n, channels), as 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate_hz, subtype="PCM_16")
    return path


def cry(rng: np.random.Generator, samples: int = CLIP_SAMPLES, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Return a voice: harmonics of about 400 Hz."""
    at, hz = np.arange(samples) / rate_hz, rng.uniform(350, 450)
    return np.asarray(sum(0.2 * np.sin(2 * np.pi * k * hz * at + rng.uniform(0, 6)) for k in (1, 2, 3, 4)))


def hiss(rng: np.random.Generator, samples: int = CLIP_SAMPLES) -> np.ndarray:
    """Return hiss."""
    return rng.normal(0, 0.05, samples)


def training_folder(root: Path, counts: Mapping[str, int], samples: int = CLIP_SAMPLES, rate_hz: int = RATE_HZ) -> Path:
    """Make a folder for each label with a number of clips: cries in `crying`, hiss in all others."""
    rng = np.random.default_rng(7)
    for label, count in counts.items():
        for k in range(count):
            sound = cry(rng, samples, rate_hz) if label == "crying" else hiss(rng, samples)
            write_wav(root / label / f"{label}-{chr(97 + k // 26)}{chr(97 + k % 26)}.wav", sound, rate_hz)
    return root


def flags(folder: Path, *more: str) -> list[str]:
    """Return a command line for such a folder."""
    return [
        f"--data_dir={folder}",
        "--wanted_words=quiet,crying",
        f"--sample_rate={RATE_HZ}",
        f"--clip_duration_ms={CLIP_MS}",
        "--time_shift_ms=20",
        *more,
    ]
