"""Random changes to spectrograms, drawn again for each batch."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.trainer.frontend import FRONTEND_BANDS, POWER_FLOOR

MUFFLED_SHARE: Final = 0.25
MUFFLED_FROM_BANDS: Final = (38, 50)  # of 64: 2.9 to 5.1 kHz
LOWEST_LOG_POWER: Final = math.log(POWER_FLOOR)  # -13.8


def mask(features: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Mask up to two stripes of frequency and two of time in each spectrogram, and shift its level a little.

    One window in four also loses everything above 3 to 5 kHz, as if a telephone had recorded it. This happens to cries
    and other sounds alike, so that the network cannot tell them apart by their bandwidth.

    Park et al., SpecAugment (2019).

    Args:
        features: float32 of shape [n, 214, 64]; changed in place.
        rng: Draws the changes.
    """
    features += rng.normal(0, 0.5, (len(features), 1, 1)).astype(np.float32)
    for window in features:
        fill = float(window.mean())
        if rng.random() < MUFFLED_SHARE:
            muffle(window, rng)
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 9)), int(rng.integers(0, FRONTEND_BANDS))
            window[:, at : at + width] = fill
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 20)), int(rng.integers(0, len(window)))
            window[at : at + width] = fill


def muffle(window: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Remove everything above 3 to 5 kHz from a spectrogram, as a telephone does.

    Args:
        window: float32 of shape [214, 64]; changed in place.
        rng: Draws the limit.
    """
    lost = window[:, int(rng.integers(*MUFFLED_FROM_BANDS)) :]
    # What remains there is the noise of rounding to 16 bits, amplified by the gain.
    floor = rng.uniform(LOWEST_LOG_POWER, LOWEST_LOG_POWER + 8)
    lost[:] = np.maximum(LOWEST_LOG_POWER, floor + rng.normal(0, 0.6, lost.shape))
