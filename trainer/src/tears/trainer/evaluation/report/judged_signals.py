"""The generated sounds that every model must judge rightly, whatever recordings it learnt from."""

from typing import Final

import numpy as np
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, int16_from_float
from tears.own_data.sounds.named_signals import named_signals
from tears.samples.voices.babies import BABIES
from tears.samples.voices.crying import crying_episode
from tears.samples.waveforms import SCENE_RATE_HZ

# The level of a cry across a room.
CRY_PEAK: Final = 0.1
# The synthetic call is for comparing programs: mn04_as takes it for music rather than for a baby, so no model must
# judge it either way.
UNJUDGED_SIGNAL: Final = "cry-like"


def judged_signals() -> dict[str, Int16Array]:
    """Return the named signals, and a cry of each of the demo's babies by its name: int16 [110 250] each."""
    signals = {name: int16_from_float(signal) for name, signal in named_signals().items() if name != UNJUDGED_SIGNAL}
    for number, baby in enumerate(BABIES):
        cry = crying_episode(baby, 8.0, np.random.default_rng(number))
        window = soxr.resample(cry, SCENE_RATE_HZ, MODEL_RATE_HZ)[:WINDOW_SAMPLES]
        signals[baby.name] = int16_from_float(CRY_PEAK * window / np.max(np.abs(window)))
    return signals
