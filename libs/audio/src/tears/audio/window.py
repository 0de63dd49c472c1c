"""One window: the step from 5 s of a microphone's sound to the model's input."""

from dataclasses import dataclass

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.errors import AudioFormatError
from tears.audio.format import Int16Array, SampleArray, Signal, float_from_int16, has_samples
from tears.audio.gain import apply_gain, auto_gain_db, gain_to_full_scale_db, loudest_magnitude
from tears.audio.level import level_dbfs
from tears.audio.offset import without_offset
from tears.audio.resample import resample
from tears.audio.window_positions import native_window_samples


# No __eq__: comparing two arrays gives an array, not a single truth value.
@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Hold 5 s of sound in the model's form, and what was done to it.

    Attributes:
        samples: int16, (110 250,), mono, 22 050 Hz.
        level_dbfs: RMS level before gain, without a large offset; -120 for digital silence.
        gain_db: The gain that was applied.
        clipped_samples: How many samples at the microphone's rate clipped because of the gain.
    """

    samples: Int16Array
    level_dbfs: float
    gain_db: float
    clipped_samples: int


def make_window(mono: SampleArray, rate_hz: int, gain_db: float | None) -> Window:
    """Remove a large offset of 5 s of one channel, measure, amplify and resample: a pure function.

    Sound without such an offset stays as it is. Then, with a fixed gain of 45 dB, the result is that of
    `sox -D IN OUT trim 0 5 vol 45 dB rate 22050`.

    Args:
        mono: int16, or float64 of the same scale, (5 * rate_hz,); never written to.
        rate_hz: 4 000 to 384 000.
        gain_db: A fixed gain, or None for the gain that `auto_gain_db` finds.

    Raises:
        AudioFormatError: Not exactly 5 s of int16 or float64, or a rate outside the range.
        GainError: The gain is not finite.
    """
    expected = native_window_samples(rate_hz)
    if not has_samples(mono) or mono.shape != (expected,):
        raise AudioFormatError(
            f"A window at {rate_hz} Hz is made of int16 or float64 samples of the shape ({expected},), "
            f"not of {mono.dtype} of {mono.shape}"
        )
    loudest = loudest_magnitude(mono)
    sound = without_offset(mono, rate_hz, gain_db, loudest)
    if gain_db is not None:
        applied_db = gain_db
    elif sound is mono:
        applied_db = gain_to_full_scale_db(loudest)
    else:
        applied_db = auto_gain_db(sound)
    # The resampler computes in float32.
    amplified, clipped = apply_gain(sound, applied_db, np.float32)
    return Window(resample(amplified, rate_hz), level_dbfs(sound), applied_db, clipped)


def make_model_input(mono: SampleArray, gain_db: float | None = None, rate_hz: int = MODEL_RATE_HZ) -> Signal:
    """Return what the model is given for 5 s of one channel: float32, (110 250,), in [-1, 1).

    The arguments and errors are those of `make_window`.
    """
    return float_from_int16(make_window(mono, rate_hz, gain_db).samples)
