"""Cats that mew, are in heat or fight: the animals that are most often taken for a baby.

A meow lasts about a second, with a pitch of 450 to 850 Hz that rises and falls while the mouth opens and closes, so
that the resonances of the cat's tract rise and fall too. A cat in heat or in a fight yowls for longer, with a growl in
it, while its jaw opens and closes again and again.
"""

import numpy as np

from tears.audio.format import Signal
from tears.samples.voices.voice import Gesture, utter
from tears.samples.waveforms import FloatArray
from tears.trainer.augmentation.throats.utterances import attack_and_release, between, frames_of, in_a_row, slow_curve

# The resonances of a cat's tract of 8 cm with the mouth nearly closed ("m", "u") and wide open ("a").
_CLOSED_MOUTH_HZ = np.array([650.0, 1450.0, 3900.0, 6100.0])
_OPEN_MOUTH_HZ = np.array([1680.0, 2550.0, 3900.0, 6700.0])
_CAT_BANDWIDTHS_HZ = (190.0, 230.0, 330.0, 480.0)


def meowing(rng: np.random.Generator) -> Signal:
    """Generate a cat that mews: float32 [110 250], with a peak of 1."""
    pitch_hz, size = between(450.0, 850.0, rng), rng.uniform(0.9, 1.12)
    length_seconds = rng.uniform(0.5, 1.1)
    rasp = rng.uniform(0.0, 0.3)

    def meow() -> FloatArray:
        since = frames_of(length_seconds * rng.uniform(0.8, 1.25))
        place = since / since[-1]
        top = rng.uniform(0.2, 0.5)
        melody = np.interp(place, (0, top, 1), (rng.uniform(0.6, 0.85), 1.0, rng.uniform(0.7, 0.93)))
        opening = np.interp(place, (0, rng.uniform(0.14, 0.4), rng.uniform(0.52, 0.8), 1), (0.0, 1.0, 0.85, 0.05))
        return _cat(since, pitch_hz * rng.uniform(0.9, 1.1) * melody, opening**1.3, size, rasp, rng)

    return in_a_row(meow, (0.25, 1.0), rng)


def caterwauling(rng: np.random.Generator) -> Signal:
    """Generate a cat in heat or in a fight: float32 [110 250], with a peak of 1."""
    pitch_hz, size = between(420.0, 800.0, rng), rng.uniform(0.9, 1.1)
    growl, jaw_hz, depth = rng.uniform(0.1, 0.5), rng.uniform(0.8, 2.4), rng.uniform(0.3, 0.95)

    def yowl() -> FloatArray:
        since = frames_of(rng.uniform(1.0, 2.6))
        place = since / since[-1]
        melody = np.interp(place, (0, 0.3, 0.7, 1), rng.uniform((0.6, 0.9, 0.9, 0.6), (0.88, 1.1, 1.15, 0.86)))
        melody = melody * (1 + 0.04 * slow_curve(since.size, 2, rng))
        jaw = 1 - depth * (0.5 + 0.5 * np.cos(2 * np.pi * (jaw_hz * since + 0.15 * slow_curve(since.size, 2, rng))))
        opening = np.clip(np.sin(np.pi * place) ** 0.4, 0, 1) * jaw
        rasp = growl * np.clip(0.6 + 0.6 * slow_curve(since.size, 1.2, rng), 0, 1)
        return _cat(since, pitch_hz * melody, opening, size, rasp, rng)

    return in_a_row(yowl, (0.1, 1.0), rng)


def _cat(
    since: FloatArray,
    pitch_hz: FloatArray,
    opening: FloatArray,
    size: float,
    rasp: float | FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Return a cat's voice; `opening` is that of its mouth, from 0 to 1 at each frame."""
    effort = attack_and_release(since, 0.04, 0.1) * (0.35 + 0.65 * opening)
    closed, opened = _CLOSED_MOUTH_HZ * size, _OPEN_MOUTH_HZ * size
    return utter(
        Gesture(
            pitch_hz=pitch_hz * (1 + 0.008 * slow_curve(since.size, 12, rng)),
            effort=effort,
            breath=between(0.025, 0.2, rng) * effort,
            roughness=np.clip(rasp + np.zeros(since.size), 0, 1),
            formants_hz=closed + opening[:, None] * (opened - closed),
            bandwidths_hz=_CAT_BANDWIDTHS_HZ,
            spacing_hz=2150.0 * size,
            press=rng.uniform(1.2, 2.3),
            tilt_hz=between(3200.0, 13_000.0, rng),
            jitter=0.006,
            shimmer=0.05,
        ),
        rng,
    )
