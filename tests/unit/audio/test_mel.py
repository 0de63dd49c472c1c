import numpy as np
import pytest

from tears.audio.mel import mel_of_hz, mel_triangles


def test_one_kilohertz_is_a_thousand_mel() -> None:
    assert mel_of_hz(1000.0) == pytest.approx(1000.0, abs=0.1)
    assert mel_of_hz([0.0, 1000.0]).tolist() == pytest.approx([0.0, 1000.0], abs=0.1)


def test_bands_peak_at_even_distances_in_mel_and_overlap_to_one() -> None:
    bins_hz = np.arange(0.0, 8_000.0, 1.0)

    triangles = mel_triangles(bins_hz, 100.0, 6_000.0, 10)

    assert triangles.shape == (8_000, 10)
    peaks = mel_of_hz(bins_hz[triangles.argmax(axis=0)])
    assert np.diff(peaks) == pytest.approx(np.full(9, np.diff(peaks).mean()), abs=1.0)
    between = (mel_of_hz(bins_hz) > peaks[0]) & (mel_of_hz(bins_hz) < peaks[-1])
    assert triangles[between].sum(axis=1) == pytest.approx(1.0)
    assert triangles[(bins_hz < 100) | (bins_hz > 6_000)].max() == 0.0
