"""The sounds that a scene is made of: episodes of crying, and the other sounds of a nursery."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from tears.samples.objects.household import creak, knocking, slam, vacuuming
from tears.samples.objects.music import lullaby
from tears.samples.voices.babies import BABIES, Baby
from tears.samples.voices.crying import crying_episode
from tears.samples.voices.dog import barking
from tears.samples.voices.speech import SPEAKERS, babble, talk
from tears.samples.waveforms import SCENE_RATE_HZ, FloatArray


@dataclass(frozen=True)
class Sound:
    """A sound alone, before it gets a place and a level in a scene."""

    label: Literal["crying", "other"]
    category: str  # what it is
    original_recording: str  # who or what makes it
    waveform: FloatArray  # shape (samples,), without echo, at any level

    @property
    def seconds(self) -> float:
        """Return its length."""
        return self.waveform.size / SCENE_RATE_HZ


@dataclass(frozen=True)
class SoundKind:
    """A kind of sound, of which any number can be made."""

    name: str  # who or what makes it
    seconds: tuple[float, float]  # the shortest and the longest length to ask for
    # Makes a sound of about a given length, at most `OVERRUN_SECONDS` longer.
    make: Callable[[float, np.random.Generator], Sound]


OVERRUN_SECONDS = 2.5  # a breath, a phrase or a group of barks is not cut in two


def _crying(baby: Baby, length_seconds: float, rng: np.random.Generator) -> Sound:
    return Sound("crying", "crying_baby", f"synthetic:{baby.name}", crying_episode(baby, length_seconds, rng))


def _talking(length_seconds: float, rng: np.random.Generator) -> Sound:
    speaker = SPEAKERS[rng.integers(0, len(SPEAKERS))]
    return Sound("other", "speech", f"synthetic:{speaker.name}", talk(speaker, length_seconds, rng))


def _other(
    category: str, seconds: tuple[float, float], make: Callable[[float, np.random.Generator], FloatArray]
) -> SoundKind:
    name = category.replace("_", "-")

    def made(length_seconds: float, rng: np.random.Generator) -> Sound:
        return Sound("other", category, f"synthetic:{name}", make(length_seconds, rng))

    return SoundKind(name, seconds, made)


CRIES = tuple(SoundKind(baby.name, (7.0, 22.0), partial(_crying, baby)) for baby in BABIES)
OTHERS = (
    _other("door_slam", (1.0, 1.0), lambda _, rng: slam(rng)),
    _other("door_knock", (2.5, 2.5), lambda _, rng: knocking(rng)),
    _other("door_wood_creaks", (2.0, 4.0), creak),
    _other("lullaby_music", (10.0, 15.0), lullaby),
    _other("babble", (7.0, 11.0), babble),
    SoundKind("speech", (5.0, 9.0), _talking),
    _other("dog", (3.0, 5.0), barking),
    _other("vacuum_cleaner", (8.0, 13.0), vacuuming),
)
