"""Recordings as a parent has them: files of `tears record`, WAVs of a phone. All sound is synthesised."""

import datetime as dt
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tears.journal.recordings.file_names import recorded_path
from tears.journal.recordings.flac import encode_flac
from tears.journal.recordings.segments import RecordedSegment

SEGMENT_SECONDS = 30


def at(text: str) -> float:
    """Return the seconds since 1970 of an ISO time with its zone."""
    return dt.datetime.fromisoformat(text).timestamp()


def room(seconds: float, rate_hz: int, seed: int, level_dbfs: float = -58.0) -> NDArray[np.int16]:
    """Return the hiss of a room, int16 (seconds * rate,)."""
    noise = np.random.default_rng(seed).normal(0, 32_768 * 10 ** (level_dbfs / 20), round(seconds * rate_hz))
    return np.clip(np.round(noise), -32_768, 32_767).astype(np.int16)


def crying(seconds: float, seed: int, level_dbfs: float = -35.0, rate_hz: int = 48_000) -> NDArray[np.int16]:
    """Return an episode of crying in which all breaths differ, int16 (seconds * rate,)."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    sound = np.zeros(count)
    begin, baby_hz = 0, rng.uniform(380, 520)
    while begin < count:
        breath = _expiration(round(rng.uniform(0.6, 1.4) * rate_hz), rate_hz, baby_hz, rng)[: count - begin]
        sound[begin : begin + len(breath)] = breath
        begin += len(breath) + round(rng.uniform(0.15, 0.4) * rate_hz)
    sound *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(sound)))
    return np.asarray(np.clip(np.round(sound * 32_768), -32_768, 32_767), np.int16)


def _expiration(count: int, rate_hz: int, baby_hz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    place = np.arange(count) / count
    pitch_hz = baby_hz * rng.uniform(0.9, 1.1) * (0.75 + 0.35 * np.sin(np.pi * place ** rng.uniform(0.6, 1.4)))
    pitch_hz *= 1 + 0.01 * np.sin(2 * np.pi * rng.uniform(5, 8) * place * count / rate_hz + rng.uniform(0, 6))
    cycles = np.cumsum(pitch_hz) / rate_hz
    sound = np.zeros(count)
    for harmonic in range(1, int(0.45 * rate_hz / pitch_hz.max()) + 1):
        hz = harmonic * pitch_hz
        formants = ((1_100, 350, 1.0), (3_300, 600, 0.6), (5_500, 900, 0.2))
        gain = sum(weight / (1 + np.square((hz - centre) / width)) for centre, width, weight in formants)
        sound += (0.15 / harmonic + gain) * np.sin(2 * np.pi * (harmonic * cycles + rng.uniform()))
    return sound * np.sqrt(np.sin(np.pi * place)) * rng.uniform(0.5, 1)


def mixed(*sounds: NDArray[np.int16]) -> NDArray[np.int16]:
    """Mix sounds of one length."""
    total = np.sum([sound.astype(np.int32) for sound in sounds], axis=0)
    return np.asarray(np.clip(total, -32_768, 32_767), np.int16)


def write_wav(path: Path, samples: NDArray[np.int16], rate_hz: int = 22_050, channels: int = 1) -> Path:
    """Write a WAV of 16 bits; (n,) or (n, channels)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def write_session(
    folder: Path,
    samples: NDArray[np.int16],
    *,
    begins_at_seconds: float,
    rate_hz: int = 48_000,
    mic: str = "nursery",
    session: str = "5f3a09c1d2e4",
    first_sample: int = 0,
) -> Sequence[Path]:
    """Write a session as `tears record` does: files of 30 s with its names and tags."""
    size = SEGMENT_SECONDS * rate_hz
    paths = []
    for begin in range(0, len(samples), size):
        segment = RecordedSegment(
            mic=mic,
            session=session,
            first_sample=first_sample + begin,
            sample_rate_hz=rate_hz,
            channels=1,
            pcm=samples[begin : begin + size].astype("<i2").tobytes(),
            begins_at_seconds=begins_at_seconds + begin / rate_hz,
        )
        path = folder / recorded_path(
            mic=mic,
            session=session,
            first_sample=segment.first_sample,
            end_sample=segment.end_sample,
            begins_at_seconds=segment.begins_at_seconds,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_flac(segment))
        paths.append(path)
    return paths
