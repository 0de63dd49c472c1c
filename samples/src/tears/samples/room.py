"""The nursery as a USB microphone records it: its noise, its echo, the microphone's frequency response."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tears.samples.waveforms import (
    FloatArray,
    coloured_noise,
    convolve,
    equalize,
    rms,
    sample_count,
    sample_times,
    wander,
)

# A small capsule behind a hole: it attenuates what is lower than a voice, and has a peak at 7 kHz.
_MICROPHONE_DB = {30.0: -24.0, 90.0: -3.0, 200.0: 0.0, 3000.0: 0.0, 7000.0: 2.0, 12000.0: -2.0, 18000.0: -12.0}


@dataclass(frozen=True)
class NurseryRoom:
    """A room and its noise."""

    name: str  # in the truth
    noise_dbfs: float
    slope_db_per_octave: float  # of the noise's spectrum
    hum: float  # RMS of the mains hum and its harmonics, divided by that of the noise


NURSERY_ROOMS = (
    NurseryRoom("quiet", -68.0, -5.0, 0.0),
    NurseryRoom("hiss", -62.0, 0.0, 0.0),
    NurseryRoom("hum", -60.0, -5.0, 0.8),
    NurseryRoom("fan", -56.0, -5.0, 0.4),
    NurseryRoom("rain", -52.0, -2.0, 0.0),
    NurseryRoom("white-noise-machine", -48.0, -3.0, 0.0),
)


def room_noise(room: NurseryRoom, length_seconds: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return the recording of a room in which nothing happens: noise that varies by a decibel, and a few ticks.

    It is float32, to save memory for a whole night; shape (samples,), in full scale.
    """
    # Half a minute of noise, repeated: it contains whole cycles of the mains hum, and the repetition is inaudible.
    loop = coloured_noise(sample_count(30.0), room.slope_db_per_octave, rng)
    time = sample_times(loop.size)
    for harmonic, gain in ((1, 0.7), (2, 0.5), (3, 0.2), (6, 0.08)) if room.hum else ():
        loop += room.hum / 0.63 * gain * np.sin(2 * np.pi * 50 * harmonic * time)
    loop *= 10 ** (room.noise_dbfs / 20) / rms(loop)
    count = sample_count(length_seconds)
    noise = np.resize(loop.astype(np.float32), count)
    drift_db = 0.8 * wander(-(-count // sample_count(0.01)), 1 / 15, rng, 100.0)
    noise *= np.repeat((10 ** (drift_db / 20)).astype(np.float32), sample_count(0.01))[:count]
    for at in rng.integers(0, count - sample_count(0.1), int(rng.poisson(length_seconds / 40))):
        tick = rng.standard_normal(sample_count(float(rng.uniform(0.005, 0.05))))
        tick *= np.exp(-5 * np.arange(tick.size) / tick.size) * 10 ** (rng.uniform(-60, -45) / 20)
        noise[at : at + tick.size] += tick.astype(np.float32)
    return noise


def as_recorded(sound: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return a sound as the room's microphone records it, with early reflections and a tail of 0.15 to 0.4 s.

    Curtains and bedding absorb the high frequencies first, so the tail is dull and short. The result is longer than the
    sound by the tail.
    """
    tail_seconds = float(rng.uniform(0.15, 0.4))
    count = sample_count(tail_seconds)
    tail = coloured_noise(count, -4.0, rng) * np.exp(-6.9 * np.arange(count) / count)
    # The first reflections from the walls come alone; after them the tail is diffuse.
    tail *= np.minimum(np.arange(count) / sample_count(0.015), 1)
    response = tail * (float(rng.uniform(0.15, 0.5)) / np.sqrt(np.sum(np.square(tail))))
    response[0] = 1.0
    for delay_seconds in rng.uniform(0.002, 0.02, 5):
        response[sample_count(delay_seconds)] += rng.uniform(-0.25, 0.25)
    # The microphone's filter has zero phase and therefore reaches a little back in time.
    lead = sample_count(0.005)
    return convolve(sound, equalize(np.pad(response, lead), _MICROPHONE_DB))[lead:-lead]
