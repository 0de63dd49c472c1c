"""Five seconds at a time: what of a sound file is heard, and at which places."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import int16_from_float

Samples = npt.NDArray[np.int16]

WINDOW_SECONDS: Final = WINDOW_SAMPLES / MODEL_RATE_HZ  # 5.0
SHORTEST_SECONDS: Final = 0.3
MAX_CHANNELS: Final = 8
RATES_HZ: Final = range(4_000, 192_001)

# -80 dBFS: what is softer is the noise of a converter, or of dither.
SILENT_RMS: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a sound file, 5 s or, from a shorter file, all of it.

    Attributes:
        samples: int16 of shape [n], 0 < n <= 110 250, mono at 22 050 Hz.
        offset_seconds: Where in the file it begins.
        native_rate_hz: The rate of the file.
        channels: The file's, mixed into one here.
    """

    samples: Samples
    offset_seconds: float
    native_rate_hz: int
    channels: int


def starts_seconds(duration_seconds: float, most: int) -> list[float]:
    """Where segments begin: as many as fit side by side, spread evenly, at most `most`; none for a file too short."""
    if duration_seconds < SHORTEST_SECONDS:
        return []
    count = min(most, max(1, int(duration_seconds // WINDOW_SECONDS)))
    if count == 1:
        return [0.0]
    return [float(start) for start in np.linspace(0.0, duration_seconds - WINDOW_SECONDS, count)]


def segments(encoded: bytes, most: int, raw_rate_hz: int | None = None) -> Iterator[Segment]:
    """Decodes the segments of a sound file; silent ones are left out.

    Args:
        encoded: A file in any format that libsndfile reads.
        most: At most so many, spread evenly.
        raw_rate_hz: For headerless 16 bit mono files: their rate.

    Raises:
        soundfile.LibsndfileError: The bytes are no sound.
    """
    with _opened(encoded, raw_rate_hz) as file:
        if not _is_usual(file):
            return
        for start in starts_seconds(file.frames / file.samplerate, most):
            file.seek(int(start * file.samplerate))
            frames = file.read(round(WINDOW_SECONDS * file.samplerate), dtype="float32", always_2d=True)
            samples = _at_our_rate(frames.mean(axis=1), file.samplerate)
            if samples.size >= SHORTEST_SECONDS * MODEL_RATE_HZ and not _is_silent(samples):
                yield Segment(int16_from_float(samples), start, file.samplerate, file.channels)


def count_segments(encoded: bytes, raw_rate_hz: int | None = None) -> int:
    """How many segments fit into a sound file side by side, silent or not; 0 for what is no sound."""
    try:
        with _opened(encoded, raw_rate_hz) as file:
            return len(starts_seconds(file.frames / file.samplerate, file.frames)) if _is_usual(file) else 0
    except soundfile.LibsndfileError:
        return 0


def _opened(encoded: bytes, raw_rate_hz: int | None) -> soundfile.SoundFile:
    raw = {"samplerate": raw_rate_hz, "channels": 1, "format": "RAW", "subtype": "PCM_16"} if raw_rate_hz else {}
    return soundfile.SoundFile(io.BytesIO(encoded), **raw)


def _is_usual(file: soundfile.SoundFile) -> bool:
    return file.samplerate in RATES_HZ and file.channels <= MAX_CHANNELS


def _at_our_rate(mono: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float64]:
    """float64 of shape [<= 110 250] in [-1, 1]: what resampling lets overshoot is clipped."""
    resampled = soxr.resample(mono.astype(np.float64), rate_hz, MODEL_RATE_HZ)[:WINDOW_SAMPLES]
    return np.asarray(np.clip(np.nan_to_num(resampled), -1.0, 1.0), np.float64)


def _is_silent(samples: npt.NDArray[np.float64]) -> bool:
    return bool(np.sqrt(np.mean(np.square(samples))) < SILENT_RMS)
