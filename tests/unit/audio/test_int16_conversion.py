"""Floats and int32 become int16 without wrapping around."""

from typing import Any

import numpy as np
import pytest

from tears.audio.format import int16_from_float, int16_from_int32, write_int16


def converted(*values: float) -> tuple[list[int], int]:
    frames = np.array(values, np.float32)[:, None]
    out = np.empty(frames.shape, np.int16)
    faulty = write_int16(frames, out)
    return out[:, 0].tolist(), faulty


def test_every_int16_comes_back_unchanged() -> None:
    samples = np.arange(-32_768, 32_768, dtype=np.int16)[:, None]
    out = np.empty_like(samples)

    assert write_int16((samples / 32_768).astype(np.float32), out) == 0
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_conversion_leaves_the_floats_of_the_caller_unchanged(dtype: type[np.floating[Any]]) -> None:
    floats = np.array([[0.25, -2.0], [np.nan, np.inf]], dtype)
    before = floats.copy()

    assert int16_from_float(floats).tolist() == [[8_192, -32_768], [0, 32_767]]
    np.testing.assert_array_equal(floats, before)


def test_sixteen_bits_within_thirty_two_come_out_unchanged() -> None:
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
