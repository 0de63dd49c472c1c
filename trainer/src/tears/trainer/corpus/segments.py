"""Cut sound files into segments of five seconds."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES, WINDOW_SECONDS
from tears.audio.format import Int16Array, int16_from_float
from tears.audio.polarity import channel_signs

SHORTEST_SEGMENT_SECONDS: Final = 0.3
MAX_SEGMENT_CHANNELS: Final = 8
SEGMENT_RATES_HZ: Final = range(4_000, 192_001)

# -80 dBFS: a softer sound is the noise of a converter, or dither.
SILENT_SEGMENT_RMS: Final = 1e-4


@dataclass(frozen=True, slots=True)
class CorpusSegment:
    """5 s of a sound file, or all of a shorter file."""

    samples: Int16Array  # [n], 0 < n <= 110 250, mono at 22 050 Hz
    offset_seconds: float  # where it begins in the file
    native_rate_hz: int  # the rate of the file
    channels: int  # how many the file has; they are mixed into one here


def starts_seconds(duration_seconds: float, most: int) -> list[float]:
    """Return where segments begin: as many as fit side by side, but at most `most`, spread evenly over the file.

    A file shorter than 0.3 s has none.
    """
    if duration_seconds < SHORTEST_SEGMENT_SECONDS:
        return []
    count = min(most, max(1, int(duration_seconds // WINDOW_SECONDS)))
    if count == 1:
        return [0.0]
    return [float(start) for start in np.linspace(0.0, duration_seconds - WINDOW_SECONDS, count)]


def read_segments(encoded: bytes, most: int, raw_rate_hz: int | None = None) -> Iterator[CorpusSegment]:
    """Decode at most `most` segments of a sound file, spread evenly over it; silent ones are left out.

    Args:
        encoded: A file in any format that libsndfile reads.
        most: The most segments.
        raw_rate_hz: The rate of a headerless 16-bit mono file; None for other files.

    Raises:
        soundfile.LibsndfileError: libsndfile cannot decode the bytes.
    """
    with _opened(encoded, raw_rate_hz) as file:
        if not _is_supported(file):
            return
        for start in starts_seconds(file.frames / file.samplerate, most):
            file.seek(int(start * file.samplerate))
            frames = file.read(round(WINDOW_SECONDS * file.samplerate), dtype="float32", always_2d=True)
            # Channels in opposite phase would cancel each other.
            mono = (frames * np.array(channel_signs(frames), np.float32)).mean(axis=1)
            samples = _at_our_rate(mono, file.samplerate)
            if samples.size >= SHORTEST_SEGMENT_SECONDS * MODEL_RATE_HZ and not _is_silent(samples):
                yield CorpusSegment(int16_from_float(samples), start, file.samplerate, file.channels)


def count_segments(encoded: bytes, raw_rate_hz: int | None = None) -> int:
    """Return how many segments, silent or not, fit into a sound file side by side; 0 if it cannot be decoded."""
    try:
        with _opened(encoded, raw_rate_hz) as file:
            return len(starts_seconds(file.frames / file.samplerate, file.frames)) if _is_supported(file) else 0
    except soundfile.LibsndfileError:
        return 0


def _opened(encoded: bytes, raw_rate_hz: int | None) -> soundfile.SoundFile:
    raw = {"samplerate": raw_rate_hz, "channels": 1, "format": "RAW", "subtype": "PCM_16"} if raw_rate_hz else {}
    return soundfile.SoundFile(io.BytesIO(encoded), **raw)


def _is_supported(file: soundfile.SoundFile) -> bool:
    return file.samplerate in SEGMENT_RATES_HZ and file.channels <= MAX_SEGMENT_CHANNELS


def _at_our_rate(mono: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float64]:
    """Resample to 22 050 Hz: float64 of shape [<= 110 250], clipped to [-1, 1], because resampling overshoots."""
    resampled = soxr.resample(mono.astype(np.float64), rate_hz, MODEL_RATE_HZ)[:WINDOW_SAMPLES]
    return np.asarray(np.clip(np.nan_to_num(resampled), -1.0, 1.0), np.float64)


def _is_silent(samples: npt.NDArray[np.float64]) -> bool:
    return bool(np.sqrt(np.mean(np.square(samples))) < SILENT_SEGMENT_RMS)
