"""Sounds to test the recorder with."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

Sound: TypeAlias = npt.NDArray[np.int16]
WriteSound: TypeAlias = Callable[..., Path]


@pytest.fixture
def write_sound(tmp_path: Path) -> WriteSound:
    """Write int16 of shape (samples, channels) to a file with soundfile; return its path."""

    def write(sound: Sound, name: str = "sound.wav", rate_hz: int = 8_000, **options: str) -> Path:
        path = tmp_path / name
        # Full scale is 1 in a float file; soundfile would not scale integers for it.
        is_float = options.get("subtype") in {"FLOAT", "DOUBLE"}
        soundfile.write(path, sound / 32_768 if is_float else sound, rate_hz, **options)
        return path

    return write


@pytest.fixture
def noise() -> Callable[..., Sound]:
    """Make white noise over the whole range of int16, the same every time."""

    def make(samples: int, channels: int = 1) -> Sound:
        return np.random.default_rng(7).integers(-32_768, 32_768, (samples, channels)).astype(np.int16)

    return make
