"""The front end of our own network: waveform to log-mel spectrogram, in numpy.

It is the reference for the front end inside the exported model, which gives the same numbers.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.audio.mel import mel_triangles

FRONTEND_HOP_SAMPLES: Final = 512  # 23 ms
# 1 024: 46 ms, long enough to separate the harmonics of a 300 Hz voice
FRONTEND_FRAME_SAMPLES: Final = 2 * FRONTEND_HOP_SAMPLES
FRONTEND_FRAMES: Final = WINDOW_SAMPLES // FRONTEND_HOP_SAMPLES - 1  # 214
FRONTEND_BINS: Final = FRONTEND_FRAME_SAMPLES // 2 + 1  # 513
FRONTEND_BANDS: Final = 64
FRONTEND_LOWEST_HZ: Final = 60.0
FRONTEND_HIGHEST_HZ: Final = 10_000.0
# Less than the power that noise of one least significant bit has in a band; it keeps the logarithm of silence finite.
POWER_FLOOR: Final = 1e-6

# One step of the network's time axis: 4 096 samples, 186 ms.
SPAN_SAMPLES: Final = 8 * FRONTEND_HOP_SAMPLES
SPANS: Final = 27  # 110 250 / 4 096, rounded up
# Three spans each, 0.56 s: the teacher's embedding is learnt at this step.
NINTHS: Final = 9


def periodic_hann(samples: int) -> npt.NDArray[np.float32]:
    """Return the periodic Hann window, 0.5 - 0.5 cos(2 pi n / N): float32 of shape [samples]."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(samples) / samples)).astype(np.float32)


def mel_weights() -> npt.NDArray[np.float32]:
    """Return the triangles that sum the power of the bins into bands: float32 of shape [513, 64]."""
    bins_hz = np.arange(FRONTEND_BINS) * MODEL_RATE_HZ / FRONTEND_FRAME_SAMPLES
    return mel_triangles(bins_hz, FRONTEND_LOWEST_HZ, FRONTEND_HIGHEST_HZ, FRONTEND_BANDS).astype(np.float32)


_HANN = periodic_hann(FRONTEND_FRAME_SAMPLES)
_MEL_WEIGHTS = mel_weights()


def log_mel(waveform: Signal) -> npt.NDArray[np.float32]:
    """Return the log-mel spectrogram of one window: float32 [110 250], in [-1, 1), to float32 [214, 64].

    It is the natural logarithm of the power in each band, at least log(1e-6) = -13.8.
    """
    blocks = waveform[: (FRONTEND_FRAMES + 1) * FRONTEND_HOP_SAMPLES].reshape(-1, FRONTEND_HOP_SAMPLES)  # [215, 512]
    frames = np.concatenate([blocks[:-1], blocks[1:]], axis=1) * _HANN  # [214, 1024]
    spectrum = np.fft.rfft(frames.astype(np.float32))  # [214, 513]
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.asarray(np.log(power.astype(np.float32) @ _MEL_WEIGHTS + np.float32(POWER_FLOOR)), np.float32)
