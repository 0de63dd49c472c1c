# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""Change a parent's clips into what another night might sound like, and weigh the two classes alike."""

from collections.abc import Sequence

import numpy as np

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Int16Array, Signal, float_from_int16
from tears.audio.gain import amplitude
from tears.own_data.sounds.rehearsal import as_captured
from tears.trainer.augmentation import acoustics


def disturbed(clip: Int16Array, background: Int16Array | None, rng: np.random.Generator) -> Signal:
    """Return a clip as it might have been recorded on another night, float32 [110 250], after automatic gain.

    Clip and background are int16 [110 250]. The background is a clip of the same room without crying; it may be mixed
    into a cry.
    """
    sound = float_from_int16(clip)
    if rng.random() < 0.5:
        sound = np.resize(acoustics.change_speed(sound, rng.uniform(0.93, 1.07)), WINDOW_SAMPLES)
    if rng.random() < 0.5:
        sound = _rotated(sound, rng)
    if background is not None and rng.random() < 0.6:
        other = float_from_int16(background)
        level = acoustics.active_rms(sound) / (acoustics.active_rms(other) + 1e-6)
        sound = sound + _rotated(other, rng) * np.float32(level * amplitude(-rng.uniform(3, 25)))
    if rng.random() < 0.3:
        sound = acoustics.filtered(sound, acoustics.microphone_response(rng))
    # What did not clip before must not clip now.
    louder = np.float32(amplitude(rng.uniform(-20, 0)) / max(1.0, float(np.max(np.abs(sound)))))
    return as_captured(sound * louder)


def balanced(labels: Sequence[bool]) -> list[float]:
    """Return a weight for each clip: both classes weigh the same in total, and the mean weight is 1."""
    positives = sum(labels)
    negatives = len(labels) - positives
    return [len(labels) / (2 * (positives if label else negatives)) for label in labels]


def _rotated(sound: Signal, rng: np.random.Generator) -> Signal:
    """Return the sound from a random sample on, followed by what came before that sample."""
    return np.asarray(np.roll(sound, int(rng.integers(0, WINDOW_SAMPLES))), np.float32)
