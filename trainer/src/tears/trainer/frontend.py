"""Waveform to log-mel spectrogram, in numpy: the reference that the front end inside the model equals."""

from typing import Final

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ: Final = 22_050
WINDOW_SAMPLES: Final = 5 * SAMPLE_RATE_HZ  # 110 250: 5 s

HOP_SAMPLES: Final = 512  # 23 ms
FRAME_SAMPLES: Final = 2 * HOP_SAMPLES  # 1 024: 46 ms, wide enough to part the harmonics of a 300 Hz voice
FRAMES: Final = WINDOW_SAMPLES // HOP_SAMPLES - 1  # 214
BINS: Final = FRAME_SAMPLES // 2 + 1  # 513

MEL_BANDS: Final = 64
LOWEST_HZ: Final = 60.0
HIGHEST_HZ: Final = 10_000.0
# Below the power that one least significant bit of noise leaves in a band, so that silence is a number.
POWER_FLOOR: Final = 1e-6


def hann() -> npt.NDArray[np.float32]:
    """The periodic Hann window, float32 of shape [1 024]."""
    phase = 2 * np.pi * np.arange(FRAME_SAMPLES) / FRAME_SAMPLES
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def mel_of_hz(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """O'Shaughnessy's mel scale: 2595 log10(1 + hz / 700)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz, dtype=np.float64) / 700.0), np.float64)


def mel_weights() -> npt.NDArray[np.float32]:
    """Triangles, evenly spaced in mel, that sum the power of the bins into bands.

    Returns:
        float32 of shape [513, 64].
    """
    edges = np.linspace(mel_of_hz(LOWEST_HZ), mel_of_hz(HIGHEST_HZ), MEL_BANDS + 2)
    bins = mel_of_hz(np.arange(BINS) * SAMPLE_RATE_HZ / FRAME_SAMPLES)[:, None]  # [513, 1]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])  # [513, 64]
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])  # [513, 64]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


_HANN = hann()
_MEL_WEIGHTS = mel_weights()


def log_mel(waveform: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The log-mel spectrogram of one window.

    Args:
        waveform: float32 of shape [110 250], in [-1, 1).

    Returns:
        float32 of shape [214, 64]: natural logarithm of band power, at least log(1e-6) = -13.8.
    """
    blocks = waveform[: (FRAMES + 1) * HOP_SAMPLES].reshape(FRAMES + 1, HOP_SAMPLES)
    frames = np.concatenate([blocks[:-1], blocks[1:]], axis=1) * _HANN  # [214, 1024]
    spectrum = np.fft.rfft(frames.astype(np.float32))  # [214, 513]
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.asarray(np.log(power.astype(np.float32) @ _MEL_WEIGHTS + np.float32(POWER_FLOOR)), np.float32)


def as_waveform(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """int16 samples as the model takes them: float32 in [-1, 1), sample / 32768."""
    return samples.astype(np.float32) / np.float32(32768.0)
