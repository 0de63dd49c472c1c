"""What a microphone hears in a room when nobody makes a sound, and what the room does to a sound."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tears.audio.format import Signal
from tears.audio.gain import amplitude

# Most of a room's own noise lies low; where it is loud only a slope of the spectrum tells a fan from rain.
_REFERENCE_HZ = 1_000
_LOWEST_HZ = 30
_MAINS = ((50, 0.7), (100, 0.5), (150, 0.2), (300, 0.08))
_DRIFT_DB = 0.8
_DRIFT_SECONDS = 15
_TICK_EVERY_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Room:
    """The noise of a room.

    Attributes:
        level_dbfs: RMS.
        slope_db_per_octave: Of the noise's spectrum.
        hums: Whether the mains can be heard.
    """

    level_dbfs: float
    slope_db_per_octave: float
    hums: bool = False


ROOMS = {
    "quiet": Room(-68, -5),
    "hiss": Room(-62, 0),
    "hum": Room(-60, -5, hums=True),
    "fan": Room(-56, -5, hums=True),
    "rain": Room(-52, -2),
    "white-noise-machine": Room(-48, -3),
}


def shaped_noise(count: int, rate_hz: int, slope_db_per_octave: float, rng: np.random.Generator) -> Signal:
    """Noise whose spectrum rises or falls steadily from 30 Hz up; float32, (count,), an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(count, dtype=np.float32))
    spectrum *= _slope(np.fft.rfftfreq(count, 1 / rate_hz), slope_db_per_octave)
    noise = np.fft.irfft(spectrum, count)
    shaped: Signal = (noise / np.sqrt(np.mean(np.square(noise)))).astype(np.float32)
    return shaped


def room_noise(room: Room, rate_hz: int, total: int, block: int, rng: np.random.Generator) -> Iterator[Signal]:
    """The noise of a room, as long as a night: coloured noise and hum whose level drifts a little.

    Args:
        room: What it is like.
        rate_hz: The night's rate.
        total: How many samples in all.
        block: How many at a time.
        rng: Used as long as blocks are drawn.

    Yields:
        float32, (block,), the last one shorter; their RMS over the night is the room's level.
    """
    kernel = _colouring_kernel(rate_hz, room.slope_db_per_octave)
    hum = [(hz, loudness, rng.uniform(0, 2 * np.pi)) for hz, loudness in _MAINS] if room.hums else []
    power = 1 + sum(loudness**2 for _, loudness, _ in hum) / 2
    knots = np.arange(0, total / rate_hz + 2 * _DRIFT_SECONDS, _DRIFT_SECONDS)
    drift = 10 ** (rng.normal(0, _DRIFT_DB, knots.size) / 20)
    drift *= amplitude(room.level_dbfs) / np.sqrt(power * _mean_square(knots, drift, total / rate_hz))
    white = rng.standard_normal(kernel.size - 1)
    for start in range(0, total, block):
        count = min(block, total - start)
        # The filter reaches back: the white noise of before stays in front, and the colour knows no seams.
        white = np.concatenate([white[-(kernel.size - 1) :], rng.standard_normal(count)])
        noise = _convolved(white, kernel)[kernel.size - 1 :][:count]
        seconds = (start + np.arange(count)) / rate_hz
        for hz, loudness, phase in hum:
            noise += loudness * np.sin(2 * np.pi * hz * seconds + phase)
        yield (noise * np.interp(seconds, knots, drift)).astype(np.float32)


def ticks(rate_hz: int, total: int, rng: np.random.Generator) -> list[tuple[int, Signal]]:
    """Creaks and ticks, one every 40 s or so, of 5 to 50 ms: each with the sample at which it begins."""
    sounds = []
    for at in np.sort(rng.integers(0, total, rng.poisson(total / rate_hz / _TICK_EVERY_SECONDS))):
        count = int(rate_hz * rng.uniform(0.005, 0.05))
        fading = np.exp(-5 * np.arange(count) / count) * amplitude(rng.uniform(-55, -40))
        sounds.append((int(at), (rng.standard_normal(count) * fading).astype(np.float32)))
    return sounds


def reverberated(sound: Signal, rate_hz: int, rng: np.random.Generator) -> Signal:
    """The sound and what comes back from the walls, a dying tail of 0.15 to 0.45 s.

    Returns:
        float32, longer than `sound` by the tail.
    """
    count = int(rate_hz * rng.uniform(0.15, 0.45))
    # It dies by 60 dB, ln(1000), within its length.
    tail = shaped_noise(count, rate_hz, -4, rng) * np.exp(-np.log(1_000) * np.arange(count) / count)
    tail *= rng.uniform(0.15, 0.6) / np.sqrt(np.sum(np.square(tail)))
    heard = _convolved(sound, tail)
    heard[: sound.size] += sound
    return heard.astype(np.float32)


def _slope(hz: NDArray[np.floating], db_per_octave: float) -> NDArray[np.float64]:
    octaves = np.log2(np.maximum(hz, _LOWEST_HZ) / _REFERENCE_HZ)
    factors: NDArray[np.float64] = 10 ** (db_per_octave * octaves / 20)
    return factors


def _colouring_kernel(rate_hz: int, slope_db_per_octave: float) -> NDArray[np.float64]:
    """A filter of about a third of a second that colours white noise and leaves its RMS at 1; odd length."""
    size = 1 << int(np.ceil(np.log2(rate_hz / 3)))
    response = _slope(np.fft.rfftfreq(size, 1 / rate_hz), slope_db_per_octave)
    kernel = np.fft.fftshift(np.fft.irfft(response, size))[1:] * np.hanning(size - 1)
    coloured: NDArray[np.float64] = kernel / np.sqrt(np.sum(np.square(kernel)))
    return coloured


def _convolved(sound: NDArray[np.floating], kernel: NDArray[np.floating]) -> NDArray[np.float64]:
    count = sound.size + kernel.size - 1
    size = 1 << int(np.ceil(np.log2(count)))
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(kernel, size), size)[:count]


def _mean_square(knots: NDArray[np.float64], values: NDArray[np.float64], seconds: float) -> float:
    """Of the line through the knots, over the night."""
    return float(np.mean(np.square(np.interp(np.linspace(0, seconds, 10_000), knots, values))))
