# ruff: noqa: PLR2004 (the shares and ranges that are drawn from are the subject of this module)
"""Generate windows of sounds that any home has, without crying, which a model must not unlearn."""

import contextlib
import subprocess
from typing import Final

import numpy as np

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Signal, int16_from_float
from tears.audio.gain import amplitude
from tears.audio.window import make_model_input
from tears.own_data.sounds.noises import noise_bank, room_noise, tonal_sound
from tears.own_data.sounds.speech import spoken_sentences

REHEARSAL_SENTENCES: Final = 24
# All models are compared on the same windows, and none may learn from them: --seed does not reach this seed.
MEASURED_WINDOWS: Final = 100
MEASURED_SEED: Final = 2**31


def measured_windows() -> list[Signal]:
    """Return the rehearsal windows that models are compared on; no model learns from them."""
    return rehearsal_windows(MEASURED_WINDOWS, MEASURED_SEED)


def rehearsal_windows(count: int, seed: int) -> list[Signal]:
    """Generate windows of rooms, tones, alarms, tunes, and of speech if espeak-ng is installed.

    Each is float32 of shape [110 250], after automatic gain.
    """
    rng = np.random.default_rng([seed, 3])
    bank = noise_bank(rng, 12)
    sentences: list[Signal] = []
    # If espeak-ng cannot write its files, or lacks a voice, rehearsal goes on without speech.
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        sentences = spoken_sentences(np.random.default_rng([seed, 4]), REHEARSAL_SENTENCES)
    windows = []
    for _ in range(count):
        window = room_noise(bank, rng) * np.float32(amplitude(rng.uniform(-70, -40)))
        kind = rng.random()
        if kind < 0.35:
            window += tonal_sound(rng) * np.float32(amplitude(rng.uniform(-45, -10)))
        elif kind < 0.7 and sentences:
            sentence = sentences[int(rng.integers(len(sentences)))]
            begin = int(rng.integers(0, WINDOW_SAMPLES - len(sentence) + 1))
            window[begin : begin + len(sentence)] += sentence * np.float32(amplitude(rng.uniform(-25, 0)))
        windows.append(as_captured(window))
    return windows


def as_captured(sound: Signal) -> Signal:
    """Return a window as the model gets it after a microphone has captured the sound.

    Both are float32 of shape [110 250]. The sound is clipped to [-1, 1) and rounded to int16; then it gets automatic
    gain.
    """
    return make_model_input(int16_from_float(sound))
