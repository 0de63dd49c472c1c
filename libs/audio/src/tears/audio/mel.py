"""The mel scale of pitch, and the triangles that sum a spectrum into bands of equal width on it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mel_of_hz(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Convert frequencies to mel, by O'Shaughnessy's 2595 log10(1 + f / 700): 1 kHz is 1 000 mel.

    HTK's 1127 ln(1 + f / 700) is the same scale. The shape may be any, and stays the same.
    """
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(frequency_hz, np.float64) / 700.0), np.float64)


def mel_triangles(bins_hz: ArrayLike, lowest_hz: float, highest_hz: float, bands: int) -> NDArray[np.float64]:
    """Return the weights, float64 (bins, bands) in [0, 1], that sum the power of a spectrum's bins into mel bands.

    The bands are triangles of height 1, evenly spaced in mel from the lowest to the highest frequency. Each rises from
    the peak of the band below and falls to the peak of the band above.

    Args:
        bins_hz: (bins,), the frequency of each bin.
        lowest_hz: Where the first band begins.
        highest_hz: Where the last band ends; above `lowest_hz`.
        bands: At least 1.
    """
    edges = np.linspace(mel_of_hz(lowest_hz), mel_of_hz(highest_hz), bands + 2)
    mels = mel_of_hz(bins_hz)[:, np.newaxis]  # (bins, 1)
    rising = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])  # (bins, bands)
    falling = (edges[2:] - mels) / (edges[2:] - edges[1:-1])  # (bins, bands)
    return np.maximum(0.0, np.minimum(rising, falling))
