"""The noise that a microphone records in a quiet room, and the reverberation of a sound in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tears.audio.format import Signal
from tears.audio.gain import amplitude

# The slope of a noise's spectrum is given from this frequency, and ends at the lowest one.
_REFERENCE_HZ = 1_000
_LOWEST_NOISE_HZ = 30
_MAINS = ((50, 0.7), (100, 0.5), (150, 0.2), (300, 0.08))
_DRIFT_DB = 0.8
_DRIFT_SECONDS = 15
_TICK_EVERY_SECONDS = 40


@dataclass(frozen=True, slots=True)
class NightRoom:
    """The noise of a room: its RMS level, the slope of its spectrum, and whether there is mains hum."""

    level_dbfs: float
    slope_db_per_octave: float
    hums: bool = False


NIGHT_ROOMS = {
    "quiet": NightRoom(-68, -5),
    "hiss": NightRoom(-62, 0),
    "hum": NightRoom(-60, -5, hums=True),
    "fan": NightRoom(-56, -5, hums=True),
    "rain": NightRoom(-52, -2),
    "white-noise-machine": NightRoom(-48, -3),
}


def shaped_noise(count: int, rate_hz: int, slope_db_per_octave: float, rng: np.random.Generator) -> Signal:
    """Return noise whose spectrum has this slope from 30 Hz up; float32, (count,), with an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(count, dtype=np.float32))
    spectrum *= _slope(np.fft.rfftfreq(count, 1 / rate_hz), slope_db_per_octave)
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise / np.sqrt(np.mean(np.square(noise))), np.float32)


def night_noise(room: NightRoom, rate_hz: int, total: int, block: int, rng: np.random.Generator) -> Iterator[Signal]:
    """Yield ``total`` samples of a room's noise in blocks of ``block``: coloured noise and hum.

    The level drifts a little; the RMS over the whole night is the room's level. `rng` is used until the last block.
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
        # The filter needs the white noise of the block before, so that blocks join without a seam.
        white = np.concatenate([white[-(kernel.size - 1) :], rng.standard_normal(count)])
        noise = _convolved(white, kernel)[kernel.size - 1 :][:count]
        seconds = (start + np.arange(count)) / rate_hz
        for hz, loudness, phase in hum:
            noise += loudness * np.sin(2 * np.pi * hz * seconds + phase)
        yield (noise * np.interp(seconds, knots, drift)).astype(np.float32)


def ticks(rate_hz: int, total: int, rng: np.random.Generator) -> list[tuple[int, Signal]]:
    """Return creaks and ticks of 5 to 50 ms, one about every 40 s, each with the sample at which it begins."""
    sounds = []
    for at in np.sort(rng.integers(0, total, rng.poisson(total / rate_hz / _TICK_EVERY_SECONDS))):
        count = int(rate_hz * rng.uniform(0.005, 0.05))
        fading = np.exp(-5 * np.arange(count) / count) * amplitude(rng.uniform(-55, -40))
        sounds.append((int(at), (rng.standard_normal(count) * fading).astype(np.float32)))
    return sounds


def reverberated(sound: Signal, rate_hz: int, rng: np.random.Generator) -> Signal:
    """Add the room's reverberation to a sound, which becomes longer: a tail that decays in 0.15 to 0.45 s."""
    count = int(rate_hz * rng.uniform(0.15, 0.45))
    # The tail decays by 60 dB within its length: its amplitude by the factor 1 000.
    tail = shaped_noise(count, rate_hz, -4, rng) * np.exp(-np.log(1_000) * np.arange(count) / count)
    tail *= rng.uniform(0.15, 0.6) / np.sqrt(np.sum(np.square(tail)))
    reverberation = _convolved(sound, tail)
    reverberation[: sound.size] += sound
    return reverberation.astype(np.float32)


def _slope(hz: NDArray[np.floating], db_per_octave: float) -> NDArray[np.float64]:
    octaves = np.log2(np.maximum(hz, _LOWEST_NOISE_HZ) / _REFERENCE_HZ)
    return np.asarray(10 ** (db_per_octave * octaves / 20), np.float64)


def _colouring_kernel(rate_hz: int, slope_db_per_octave: float) -> NDArray[np.float64]:
    """Return a filter of about a third of a second and odd length that colours white noise and keeps its RMS of 1."""
    size = 1 << int(np.ceil(np.log2(rate_hz / 3)))
    response = _slope(np.fft.rfftfreq(size, 1 / rate_hz), slope_db_per_octave)
    kernel = np.fft.fftshift(np.fft.irfft(response, size))[1:] * np.hanning(size - 1)
    return np.asarray(kernel / np.sqrt(np.sum(np.square(kernel))), np.float64)


def _convolved(sound: NDArray[np.floating], kernel: NDArray[np.floating]) -> NDArray[np.float64]:
    count = sound.size + kernel.size - 1
    size = 1 << int(np.ceil(np.log2(count)))
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(kernel, size), size)[:count]


def _mean_square(knots: NDArray[np.float64], values: NDArray[np.float64], seconds: float) -> float:
    """Return the mean square over the night of the line through the knots."""
    return float(np.mean(np.square(np.interp(np.linspace(0, seconds, 10_000), knots, values))))
