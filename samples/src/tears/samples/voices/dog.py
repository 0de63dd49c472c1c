"""A dog: groups of two to four barks, short, rough and falling in pitch.

Barks of a large dog last 0.1 to 0.3 s, with a pitch that leaps to 400 to 700 Hz and falls again, and are rough for
much of their length (the measurements of Yin and McCowan 2004, and of Riede's group on noise in barks).
"""

import numpy as np

from tears.samples.voices.voice import FRAMES_PER_SECOND, Gesture, utter
from tears.samples.waveforms import FloatArray, sample_count

_BARK_FORMANTS_HZ = (700.0, 1300.0, 2000.0, 3300.0)
_BARK_BANDWIDTHS_HZ = (180.0, 220.0, 350.0, 500.0)


def barking(length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return groups of barks without silence at the ends; they have about the given length."""
    parts: list[FloatArray] = []
    while True:
        for _ in range(int(rng.integers(2, 5))):
            parts += [_bark(rng), np.zeros(sample_count(float(rng.uniform(0.2, 0.45))))]
        if sum(part.size for part in parts) >= sample_count(length_seconds - 0.7):
            return np.concatenate(parts[:-1])
        parts.append(np.zeros(sample_count(float(rng.uniform(0.4, 1.0)))))


def _bark(rng: np.random.Generator) -> FloatArray:
    length_seconds = float(rng.uniform(0.15, 0.24))
    frames = round(length_seconds * FRAMES_PER_SECOND)
    since = np.arange(frames) / FRAMES_PER_SECOND
    place = since / length_seconds
    effort = (1 - np.exp(-since / 0.008)) * np.exp(-1.5 * place) * (1 - place**3) * rng.uniform(0.8, 1.2)
    jaw = np.interp(place, (0, 0.25, 1), (0.75, 1.1, 0.75))  # the jaw snaps open and shut
    return utter(
        Gesture(
            pitch_hz=rng.uniform(360, 430) * np.interp(place, (0, 0.35, 1), (0.8, 1.45, 0.75)),
            effort=effort,
            breath=0.35 * effort,
            roughness=np.interp(place, (0, 0.15, 0.6, 1), (0.6, 0.1, 0.1, 0.5)),
            formants_hz=jaw[:, None] * np.array(_BARK_FORMANTS_HZ)[None, :],
            bandwidths_hz=_BARK_BANDWIDTHS_HZ,
            spacing_hz=1000.0,
            press=1.5,
            tilt_hz=2500.0,
            jitter=0.03,
            shimmer=0.15,
        ),
        rng,
    )
