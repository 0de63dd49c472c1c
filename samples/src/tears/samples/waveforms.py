"""What every sound here is made with: the rate, levels, coloured noise, slow wandering, fades.

Sounds are float64 arrays of shape (samples,) at `RATE_HZ`. Until a scene sets their level only their shape matters.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RATE_HZ = 48_000


def samples(seconds: float) -> int:
    """The whole number of samples nearest to a duration."""
    return round(seconds * RATE_HZ)


def seconds(count: int) -> FloatArray:
    """The time of each of `count` samples, in seconds from the first."""
    return np.arange(count) / RATE_HZ


def rms(sound: FloatArray) -> float:
    """The root mean square; never quite 0, so that it may be divided by."""
    return float(np.sqrt(np.mean(np.square(sound)) + 1e-20))


def active_rms(sound: FloatArray) -> float:
    """The RMS over the louder half of a sound's frames of 50 ms: its level while it sounds, pauses left out."""
    frame = RATE_HZ // 20
    if sound.size < 2 * frame:
        return rms(sound)
    power = np.sort(np.square(sound[: sound.size // frame * frame].reshape(-1, frame)).mean(axis=1))
    return float(np.sqrt(power[power.size // 2 :].mean() + 1e-20))


def levelled(sound: FloatArray, level_dbfs: float = 0.0) -> FloatArray:
    """A sound scaled to an active level."""
    return sound * (10 ** (level_dbfs / 20) / active_rms(sound))


def convolved(sound: FloatArray, response: FloatArray) -> FloatArray:
    """The full linear convolution by FFT; shape (sound.size + response.size - 1,)."""
    length = sound.size + response.size - 1
    size = _fft_size(length)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[:length]


def shaped(sound: FloatArray, gains_db: dict[float, float]) -> FloatArray:
    """A sound through an equaliser of zero phase.

    Args:
        sound: Shape (samples,).
        gains_db: Gain by frequency in Hz; between the frequencies it is linear over their logarithm, outside constant.
    """
    size = _fft_size(
        sound.size + samples(0.02)
    )  # room for what the filter spreads, lest it come round to the beginning
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 1.0)
    knots = sorted(gains_db)
    gain_db = np.interp(np.log2(hz), np.log2(knots), [gains_db[knot] for knot in knots])
    return np.fft.irfft(np.fft.rfft(sound, size) * 10 ** (gain_db / 20), size)[: sound.size]


def coloured_noise(count: int, slope_db_per_octave: float, rng: np.random.Generator) -> FloatArray:
    """Gaussian noise of RMS 1 whose power falls by a slope; flat below 30 Hz, so that a slope cannot run away."""
    size = _fft_size(count)
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 30.0)
    spectrum = np.fft.rfft(rng.standard_normal(size)) * (hz / 1000) ** (slope_db_per_octave / (20 * np.log10(2)))
    noise = np.fft.irfft(spectrum, size)[:count]
    return noise / rms(noise)


def wander(count: int, steps_per_second: float, rng: np.random.Generator, rate_hz: float = RATE_HZ) -> FloatArray:
    """A slow random curve of about unit deviation: normal knots, joined by half cosines.

    Args:
        count: Values wanted.
        steps_per_second: How many knots a second.
        rng: Where the knots come from.
        rate_hz: How many values a second.
    """
    place = np.arange(count) * (steps_per_second / rate_hz)
    knots = rng.standard_normal(int(count * steps_per_second / rate_hz) + 2)
    index = place.astype(np.int64)
    blend = 0.5 - 0.5 * np.cos(np.pi * (place - index))
    return np.asarray(knots[index] * (1 - blend) + knots[index + 1] * blend)


def faded(sound: FloatArray, attack_seconds: float, release_seconds: float) -> FloatArray:
    """A sound whose first and last moments are raised-cosine ramps; a copy."""
    result = sound.copy()
    attack = min(samples(attack_seconds), sound.size)
    release = min(samples(release_seconds), sound.size)
    result[:attack] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(attack) / max(attack, 1))
    if release:
        result[-release:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, release + 1) / release)
    return result


def mixed(parts: list[tuple[float, FloatArray]], length_seconds: float) -> FloatArray:
    """Sounds laid over each other.

    Args:
        parts: Start in seconds and sound of each; what goes beyond the length is cut off.
        length_seconds: The result's.
    """
    result = np.zeros(samples(length_seconds))
    for start, sound in parts:
        at = samples(start)
        room = max(result.size - at, 0)
        result[at : at + sound.size] += sound[:room]
    return result


def _fft_size(count: int) -> int:
    """The least size of 8 to 15 times a power of two that holds so many samples: quick, and seldom much too long."""
    step = 1 << max((count - 1).bit_length() - 4, 0)
    return -(-count // step) * step
