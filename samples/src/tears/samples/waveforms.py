"""Build and change waveforms: levels, coloured noise, slow random curves, fades, mixing.

Sounds are float64 arrays of shape (samples,) at `SCENE_RATE_HZ`. Their level does not matter until a scene sets it.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SCENE_RATE_HZ = 48_000


def sample_count(seconds: float) -> int:
    """Return the number of samples in a duration, rounded."""
    return round(seconds * SCENE_RATE_HZ)


def sample_times(count: int) -> FloatArray:
    """Return the time of each of `count` samples, in seconds from the first."""
    return np.arange(count) / SCENE_RATE_HZ


def rms(sound: FloatArray) -> float:
    """Return the root mean square; it is never exactly 0, so that one can divide by it."""
    return float(np.sqrt(np.mean(np.square(sound)) + 1e-20))


def active_rms(sound: FloatArray) -> float:
    """Return the RMS over the louder half of a sound's frames of 50 ms: its level without the pauses."""
    frame = SCENE_RATE_HZ // 20
    if sound.size < 2 * frame:
        return rms(sound)
    power = np.sort(np.square(sound[: sound.size // frame * frame].reshape(-1, frame)).mean(axis=1))
    return float(np.sqrt(power[power.size // 2 :].mean() + 1e-20))


def at_level(sound: FloatArray, level_dbfs: float = 0.0) -> FloatArray:
    """Return a sound scaled to a level, measured as in `active_rms`."""
    return sound * (10 ** (level_dbfs / 20) / active_rms(sound))


def convolve(sound: FloatArray, response: FloatArray) -> FloatArray:
    """Return the full linear convolution, by FFT; shape (sound.size + response.size - 1,)."""
    length = sound.size + response.size - 1
    size = _fft_size(length)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[:length]


def equalize(sound: FloatArray, gains_db: dict[float, float]) -> FloatArray:
    """Return a sound after an equaliser of zero phase, which is given by its gain at some frequencies in Hz.

    Between them the gain is linear over the logarithm of the frequency; outside it is constant.
    """
    # The 20 ms hold what the filter spreads, so that it does not wrap around to the beginning.
    size = _fft_size(sound.size + sample_count(0.02))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SCENE_RATE_HZ), 1.0)
    knots = sorted(gains_db)
    gain_db = np.interp(np.log2(hz), np.log2(knots), [gains_db[knot] for knot in knots])
    return np.fft.irfft(np.fft.rfft(sound, size) * 10 ** (gain_db / 20), size)[: sound.size]


def coloured_noise(count: int, slope_db_per_octave: float, rng: np.random.Generator) -> FloatArray:
    """Return Gaussian noise of RMS 1 whose power follows a slope; flat below 30 Hz, so that it stays finite."""
    size = _fft_size(count)
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SCENE_RATE_HZ), 30.0)
    spectrum = np.fft.rfft(rng.standard_normal(size)) * (hz / 1000) ** (slope_db_per_octave / (20 * np.log10(2)))
    noise = np.fft.irfft(spectrum, size)[:count]
    return noise / rms(noise)


def wander(count: int, steps_per_second: float, rng: np.random.Generator, rate_hz: float = SCENE_RATE_HZ) -> FloatArray:
    """Return a slow random curve with a deviation of about 1: normally distributed points joined by half cosines.

    It has `count` values, `rate_hz` of them and `steps_per_second` points in a second.
    """
    place = np.arange(count) * (steps_per_second / rate_hz)
    knots = rng.standard_normal(int(count * steps_per_second / rate_hz) + 2)
    index = place.astype(np.int64)
    blend = 0.5 - 0.5 * np.cos(np.pi * (place - index))
    return np.asarray(knots[index] * (1 - blend) + knots[index + 1] * blend)


def with_fades(sound: FloatArray, attack_seconds: float, release_seconds: float) -> FloatArray:
    """Return a copy of a sound that fades in and out with raised-cosine ramps."""
    result = sound.copy()
    attack = min(sample_count(attack_seconds), sound.size)
    release = min(sample_count(release_seconds), sound.size)
    result[:attack] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(attack) / max(attack, 1))
    if release:
        result[-release:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, release + 1) / release)
    return result


def mix(parts: list[tuple[float, FloatArray]], length_seconds: float) -> FloatArray:
    """Return the sum of sounds, each given with its start in seconds; what goes beyond the length is cut off."""
    result = np.zeros(sample_count(length_seconds))
    for start, sound in parts:
        at = sample_count(start)
        room = max(result.size - at, 0)
        result[at : at + sound.size] += sound[:room]
    return result


def _fft_size(count: int) -> int:
    """Return the least size for `count` samples that is 8 to 15 times a power of two: fast, and not much too long."""
    step = 1 << max((count - 1).bit_length() - 4, 0)
    return -(-count // step) * step
