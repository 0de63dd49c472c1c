# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""What a model is shown while it learns a parent's clips: those clips, disturbed, and sounds that it knows already."""

import subprocess
from collections.abc import Sequence

import numpy as np

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Int16Array
from tears.trainer.augmentation import acoustics, rooms
from tears.trainer.augmentation.acoustics import Signal, amplitude
from tears.trainer.frontend import as_waveform
from tears.trainer.recipe.windows import model_input

_FULL_SCALE = 32_768
SENTENCES = 24
# Models are compared on the same windows, whenever and by whatever they are.
MEASURED = 100
# Beyond what --seed may be: nobody learns from them.
MEASURED_SEED = 2**31


def measured_windows() -> list[Signal]:
    """The windows that models are compared on, as `rehearsal_windows` makes them; none of these is learnt from."""
    return rehearsal_windows(MEASURED, MEASURED_SEED)


def rehearsal_windows(count: int, seed: int) -> list[Signal]:
    """Windows without crying, made from nothing: rooms, tones, alarms, tunes, and speech where espeak-ng is installed.

    Returns:
        Each float32 of shape [110 250], after automatic gain.
    """
    rng = np.random.default_rng([seed, 3])
    bank = rooms.noise_bank(rng, 12)
    sentences = _sentences(np.random.default_rng([seed, 4]))
    windows = []
    for _ in range(count):
        window = rooms.room_noise(bank, rng) * np.float32(amplitude(rng.uniform(-70, -40)))
        kind = rng.random()
        if kind < 0.35:
            window += rooms.tonal_sound(rng) * np.float32(amplitude(rng.uniform(-45, -10)))
        elif kind < 0.7 and sentences:
            sentence = sentences[int(rng.integers(len(sentences)))]
            begin = int(rng.integers(0, WINDOW_SAMPLES - len(sentence) + 1))
            window[begin : begin + len(sentence)] += sentence * np.float32(amplitude(rng.uniform(-25, 0)))
        windows.append(model_input(_int16(window)))
    return windows


def _sentences(rng: np.random.Generator) -> list[Signal]:
    try:
        return rooms.spoken_sentences(rng, SENTENCES)
    except (OSError, subprocess.CalledProcessError):
        # espeak-ng has no room to write in, or lacks a voice: rehearsal goes on without speech.
        return []


def disturbed(clip: Int16Array, behind: Int16Array | None, rng: np.random.Generator) -> Signal:
    """A clip as it might have been recorded on another night.

    Args:
        clip: int16 of shape [110 250].
        behind: A clip of the same room without crying, to lie behind a cry; None for none.
        rng: How.

    Returns:
        float32 of shape [110 250], after automatic gain.
    """
    sound = as_waveform(clip)
    if rng.random() < 0.5:
        sound = np.resize(acoustics.change_speed(sound, rng.uniform(0.93, 1.07)), WINDOW_SAMPLES)
    if rng.random() < 0.5:
        sound = _turned(sound, rng)
    if behind is not None and rng.random() < 0.6:
        other = as_waveform(behind)
        level = acoustics.active_rms(sound) / (acoustics.active_rms(other) + 1e-6)
        sound = sound + _turned(other, rng) * np.float32(level * amplitude(-rng.uniform(3, 25)))
    if rng.random() < 0.3:
        sound = acoustics.filtered(sound, acoustics.microphone_response(rng))
    # Nothing clips that did not clip before.
    louder = np.float32(amplitude(rng.uniform(-20, 0)) / max(1.0, float(np.max(np.abs(sound)))))
    return model_input(_int16(sound * louder))


def balanced(labels: Sequence[bool]) -> list[float]:
    """Weights with which both classes count alike, and a clip one in the mean."""
    positives = sum(labels)
    negatives = len(labels) - positives
    return [len(labels) / (2 * (positives if label else negatives)) for label in labels]


def _turned(sound: Signal, rng: np.random.Generator) -> Signal:
    """From somewhere on, and then from the start."""
    return np.asarray(np.roll(sound, int(rng.integers(0, WINDOW_SAMPLES))), np.float32)


def _int16(sound: Signal) -> Int16Array:
    return np.clip(np.round(sound * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
