"""The nursery as a USB microphone hears it: its noise, its echo, the microphone's own colour."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tears.samples.waveforms import (
    FloatArray,
    coloured_noise,
    convolved,
    rms,
    samples,
    seconds,
    shaped,
    wander,
)

# A small capsule behind a hole: nothing below the voice, a little lift where the hole resonates, a soft end.
_MICROPHONE_DB = {30.0: -24.0, 90.0: -3.0, 200.0: 0.0, 3000.0: 0.0, 7000.0: 2.0, 12000.0: -2.0, 18000.0: -12.0}


@dataclass(frozen=True)
class Room:
    """A room's stillness.

    Attributes:
        name: As the truth calls it.
        noise_dbfs: The level of its noise.
        slope_db_per_octave: The noise's colour.
        hum: The RMS of the mains' hum and its harmonics, over the noise's.
    """

    name: str
    noise_dbfs: float
    slope_db_per_octave: float
    hum: float


ROOMS = (
    Room("quiet", -68.0, -5.0, 0.0),
    Room("hiss", -62.0, 0.0, 0.0),
    Room("hum", -60.0, -5.0, 0.8),
    Room("fan", -56.0, -5.0, 0.4),
    Room("rain", -52.0, -2.0, 0.0),
    Room("white-noise-machine", -48.0, -3.0, 0.0),
)


def stillness(room: Room, length_seconds: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """What the microphone hears of a room in which nothing happens: noise that wanders by a decibel, a few ticks.

    Returns:
        float32, since a night is long; shape (samples,), in full scale.
    """
    # Half a minute of noise, laid end to end: whole cycles of the mains, and nobody hears that the rest returns.
    loop = coloured_noise(samples(30.0), room.slope_db_per_octave, rng)
    time = seconds(loop.size)
    for harmonic, gain in ((1, 0.7), (2, 0.5), (3, 0.2), (6, 0.08)) if room.hum else ():
        loop += room.hum / 0.63 * gain * np.sin(2 * np.pi * 50 * harmonic * time)
    loop *= 10 ** (room.noise_dbfs / 20) / rms(loop)
    count = samples(length_seconds)
    noise = np.resize(loop.astype(np.float32), count)
    drift_db = 0.8 * wander(-(-count // samples(0.01)), 1 / 15, rng, 100.0)
    noise *= np.repeat((10 ** (drift_db / 20)).astype(np.float32), samples(0.01))[:count]
    for at in rng.integers(0, count - samples(0.1), int(rng.poisson(length_seconds / 40))):
        tick = rng.standard_normal(samples(float(rng.uniform(0.005, 0.05))))
        tick *= np.exp(-5 * np.arange(tick.size) / tick.size) * 10 ** (rng.uniform(-60, -45) / 20)
        noise[at : at + tick.size] += tick.astype(np.float32)
    return noise


def heard(sound: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A sound from somewhere in the room: early reflections, a tail that dies away in 0.15 to 0.4 s, the microphone.

    Curtains and bedding take the high frequencies first, so the tail is dull, and a nursery's is short.

    Returns:
        Shape (samples,), longer than the sound by the tail.
    """
    tail_seconds = float(rng.uniform(0.15, 0.4))
    count = samples(tail_seconds)
    tail = coloured_noise(count, -4.0, rng) * np.exp(-6.9 * np.arange(count) / count)
    tail *= np.minimum(np.arange(count) / samples(0.015), 1)  # what is later than the walls' first answers is diffuse
    response = tail * (float(rng.uniform(0.15, 0.5)) / np.sqrt(np.sum(np.square(tail))))
    response[0] = 1.0
    for delay_seconds in rng.uniform(0.002, 0.02, 5):
        response[samples(delay_seconds)] += rng.uniform(-0.25, 0.25)
    # The microphone's filter has no phase, so it reaches a little back in time: leave it room.
    lead = samples(0.005)
    return convolved(sound, shaped(np.pad(response, lead), _MICROPHONE_DB))[lead:-lead]
