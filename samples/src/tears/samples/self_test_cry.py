"""The cry that the alerter plays to the whole chain once a minute, to prove that it hears.

The build of the alerter's package writes it into the package: see `services/alerter/hatch_build.py`.
"""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tears.samples.voices.babies import BABIES
from tears.samples.voices.crying import crying_episode
from tears.samples.waveforms import SCENE_RATE_HZ, at_level, sample_count

# Not the model's own rate, so that the test also covers the resampling.
SELF_TEST_RATE_HZ = 16_000
# One window.
SELF_TEST_SECONDS = 5.0
# As loud as a cry across the nursery. The noise is that of a quiet room.
_CRY_DBFS = -30.0
_NOISE_DBFS = -70.0
_SEED = 0


def self_test_cry() -> npt.NDArray[np.int16]:
    """Return the cry: int16, mono, at 16 kHz, shape [80 000]. It is the same at each call."""
    rng = np.random.default_rng(_SEED)
    cry = crying_episode(BABIES[0], SELF_TEST_SECONDS + 1.0, rng)[: sample_count(SELF_TEST_SECONDS)]
    sound = _at_self_test_rate(at_level(cry, _CRY_DBFS))
    sound = sound + rng.standard_normal(sound.size) * 10 ** (_NOISE_DBFS / 20)
    return np.round(np.clip(sound, -1.0, 1.0) * 32_767).astype(np.int16)


def write_self_test_cry(path: Path) -> None:
    """Write the cry as a WAV file of 16 bits; raise OSError if that fails."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SELF_TEST_RATE_HZ)
        file.writeframes(self_test_cry().astype("<i2").tobytes())


def _at_self_test_rate(sound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a sound without what lies above half of the lower rate, at that rate; its ends may ring a little."""
    count = round(sound.size * SELF_TEST_RATE_HZ / SCENE_RATE_HZ)
    spectrum = np.fft.rfft(sound)[: count // 2 + 1]
    return np.fft.irfft(spectrum, count) * (count / sound.size)
