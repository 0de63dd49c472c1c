"""Sound whose place can be found again in a clip that was compressed."""

import io
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.resample import resample


class FoundClip(NamedTuple):
    """Where a clip lies in the sound that was played, and how equal it is to it there, up to 1."""

    starts_at_seconds: float
    ends_at_seconds: float
    correlation: float


def sirens(seconds: float, rate_hz: int, seed: int = 0) -> NDArray[np.int16]:
    """Return int16, (n,): tones that wander as a voice does, so that each moment differs from every other."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * rate_hz)
    steps = np.repeat(rng.uniform(300.0, 1_200.0, samples // (rate_hz // 5) + 1), rate_hz // 5)[:samples]
    tone = np.sin(2 * np.pi * np.cumsum(steps) / rate_hz)
    return (9_000 * tone + rng.normal(0, 200, samples)).astype(np.int16)


def decoded(mp3: bytes) -> NDArray[np.float32]:
    """Return the sound of an MP3 file, float32 (n,), which has one channel at 22 050 Hz."""
    sound, rate_hz = soundfile.read(io.BytesIO(mp3), dtype="float32")
    assert rate_hz == MODEL_RATE_HZ
    assert sound.ndim == 1
    return np.asarray(sound, np.float32)


def find_clip(mp3: bytes, played: NDArray[np.int16], rate_hz: int) -> FoundClip:
    """Return where the clip lies in what was played, one channel int16 (n,)."""
    clip = decoded(mp3)
    whole = resample(played, rate_hz).astype(np.float64)
    padded = np.pad(whole, clip.size)
    size = 1 << int(padded.size + clip.size - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(padded, size) * np.conj(np.fft.rfft(clip, size)), size)[: whole.size + clip.size]
    start = int(np.argmax(np.abs(product)))
    there = padded[start : start + clip.size]
    heard = there != 0
    correlation = float(abs(np.corrcoef(there[heard], clip[: there.size][heard])[0, 1]))
    begins_at = (start - clip.size) / MODEL_RATE_HZ
    return FoundClip(begins_at, begins_at + clip.size / MODEL_RATE_HZ, correlation)
