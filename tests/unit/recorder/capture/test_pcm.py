"""Floats become int16 without wrapping around."""

from __future__ import annotations

import numpy as np
import pytest

from tears.recorder.capture.pcm import int16_from_float, int16_from_int32


def converted(*values: float) -> tuple[list[int], int]:
    frames = np.array(values, np.float32)[:, None]
    out = np.empty(frames.shape, np.int16)
    faulty = int16_from_float(frames, out)
    return out[:, 0].tolist(), faulty


def test_every_int16_comes_back_as_it_was() -> None:
    samples = np.arange(-32_768, 32_768, dtype=np.int16)[:, None]
    out = np.empty_like(samples)

    assert int16_from_float((samples / 32_768).astype(np.float32), out) == 0
    np.testing.assert_array_equal(out, samples)


@pytest.mark.parametrize(
    ("value", "sample"),
    [
        (0.0, 0),
        (0.6 / 32_768, 1),
        (-0.6 / 32_768, -1),
        (0.4 / 32_768, 0),
        (1.0, 32_767),
        (-1.0, -32_768),
    ],
)
def test_values_within_full_scale_are_rounded_to_the_nearest(value: float, sample: int) -> None:
    assert converted(value) == ([sample], 0)


@pytest.mark.parametrize(
    ("value", "sample"),
    [
        (1.5, 32_767),
        (-1.5, -32_768),
        (3e38, 32_767),
        (-3e38, -32_768),
        (float("inf"), 32_767),
        (float("-inf"), -32_768),
        (float("nan"), 0),
    ],
)
def test_values_beyond_full_scale_are_clipped_and_counted(value: float, sample: int) -> None:
    assert converted(value, 0.25) == ([sample, 8_192], 1)


def test_sixteen_bits_within_thirty_two_come_out_as_they_were() -> None:
    samples = np.arange(-32_768, 32_768, dtype=np.int32)

    np.testing.assert_array_equal(int16_from_int32(samples << 16), samples)


@pytest.mark.parametrize(
    ("value", "sample"),
    [
        (0x0000_7FFF, 0),
        (0x0000_8000, 1),
        (-0x0000_8000, 0),
        (-0x0000_8001, -1),
        (0x0001_7FFF, 1),
        (0x7FFF_FFFF, 32_767),
        (-0x8000_0000, -32_768),
    ],
)
def test_thirty_two_bits_are_rounded_and_never_wrapped_around(value: int, sample: int) -> None:
    assert int16_from_int32(np.array([value], np.int32)).tolist() == [sample]
