# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""What a room and a microphone do to a sound: filters, reverberation, levels, speed. All for windows of 5 s."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, Signal, float_from_int16, int16_from_float
from tears.audio.gain import amplitude

Spectrum: TypeAlias = npt.NDArray[np.complex64]

FFT_SAMPLES: Final = 1 << 17  # 131 072: a window and 0.94 s of reverberation, which must not wrap around
FFT_BINS: Final = FFT_SAMPLES // 2 + 1
LEVEL_FRAME_SAMPLES: Final = MODEL_RATE_HZ // 20  # 1 102: 50 ms

_BIN_HZ = np.fft.rfftfreq(FFT_SAMPLES, 1 / MODEL_RATE_HZ).astype(np.float32)
_BIN_OCTAVE = np.log2(np.maximum(_BIN_HZ, 20.0) / 1000.0).astype(np.float32)


def frame_levels(samples: Signal) -> Signal:
    """Return the RMS of each 50 ms frame, float32 of shape [len // 1 102]."""
    frames = samples[: len(samples) // LEVEL_FRAME_SAMPLES * LEVEL_FRAME_SAMPLES].reshape(-1, LEVEL_FRAME_SAMPLES)
    return np.asarray(np.sqrt(np.mean(np.square(frames), axis=1) + 1e-20), np.float32)


def active_rms(samples: Signal) -> float:
    """Return the RMS over the louder half of the 50 ms frames: the level of the sound without its pauses."""
    power = np.sort(np.square(frame_levels(samples)))
    return float(np.sqrt(power[len(power) // 2 :].mean()))


def change_speed(samples: Signal, factor: float) -> Signal:
    """Play a sound faster (factor > 1: shorter and higher) or slower, as a tape does."""
    changed = soxr.resample(samples, MODEL_RATE_HZ * factor, MODEL_RATE_HZ, quality="LQ")
    return np.asarray(changed, dtype=np.float32)


def microphone_response(rng: np.random.Generator) -> Signal:
    """Draw a factor for each bin of a window's spectrum, float32 of shape [65 537].

    The response is smooth, with a tilt, dips, bumps, a high-pass and, mostly, a low-pass of 3 to 10 kHz.
    """
    knots = np.linspace(-4.5, 3.5, 9)  # octaves from 1 kHz
    curve_db = rng.normal(0.0, rng.uniform(1.0, 5.0), len(knots)) + rng.normal(0.0, 1.2) * knots
    response = 10.0 ** (np.interp(_BIN_OCTAVE, knots, curve_db) / 20.0)
    lowest_hz = 2.0 ** rng.uniform(np.log2(40.0), np.log2(400.0))
    response /= np.sqrt(1.0 + (lowest_hz / np.maximum(_BIN_HZ, 1.0)) ** (2 * rng.integers(1, 4)))
    if rng.random() < 0.7:
        highest_hz = 2.0 ** rng.uniform(np.log2(3000.0), np.log2(10_000.0))
        response /= np.sqrt(1.0 + (_BIN_HZ / highest_hz) ** (2 * rng.integers(3, 12)))
    return response.astype(np.float32)


def room_responses(count: int, rng: np.random.Generator) -> list[Spectrum]:
    """Draw rooms: a direct sound and a tail of coloured noise that decays in 0.1 to 0.6 s; complex64 [65 537] each."""
    responses = []
    for _ in range(count):
        n = int(MODEL_RATE_HZ * rng.uniform(0.1, 0.6))
        tail = rng.normal(0, 1, n) * np.exp(-6.9 * np.arange(n) / n)
        spectrum = np.fft.rfft(tail, FFT_SAMPLES) * 10 ** (rng.uniform(-6, -1) * _BIN_OCTAVE / 20)
        impulse = np.fft.irfft(spectrum, FFT_SAMPLES)[: 2 * n]
        impulse *= rng.uniform(0.1, 0.8) / np.sqrt(np.square(impulse).sum())
        impulse[0] += 1.0
        responses.append(np.fft.rfft(impulse, FFT_SAMPLES).astype(np.complex64))
    return responses


def resonance(hz: float, quality: float) -> Spectrum:
    """Return the response of a damped oscillator: complex64 of shape [65 537], 1 at its frequency.

    The higher its quality, the longer it rings.
    """
    away = _BIN_HZ / hz - hz / np.maximum(_BIN_HZ, 1.0)
    return (1 / (1 + 1j * quality * away)).astype(np.complex64)


def filtered(samples: Signal, response: Signal | Spectrum) -> Signal:
    """Filter a window, float32 of shape [110 250], by the spectrum of a response, of shape [65 537]."""
    spectrum = np.fft.rfft(samples, FFT_SAMPLES) * response
    return np.fft.irfft(spectrum, FFT_SAMPLES)[:WINDOW_SAMPLES].astype(np.float32)


def low_passed(samples: Int16Array, highest_hz: float) -> Int16Array:
    """Remove all frequencies above a limit from a window, int16 of shape [110 250]."""
    return int16_from_float(filtered(float_from_int16(samples), (highest_hz >= _BIN_HZ).astype(np.float32)))


def saturated(samples: Signal, drive_db: float) -> Signal:
    """Clip softly, as a cheap preamplifier does when it is driven ``drive_db`` too high; peaks stay in [-1, 1]."""
    peak = float(np.max(np.abs(samples))) + 1e-12
    return np.asarray(peak * np.tanh(samples / peak * amplitude(drive_db)), np.float32)
