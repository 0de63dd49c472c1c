"""PCM, channels and the model's input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tears.audio.errors import AudioFormatError
from tears.audio.format import (
    float_from_int16,
    frames_from_pcm,
    int16_from_float,
    pcm_from_samples,
    to_mono,
)


def test_pcm_is_read_little_endian_and_interleaved() -> None:
    frames = frames_from_pcm(b"\x01\x00\xff\xff\x00\x80\xff\x7f", channels=2)
    assert frames.tolist() == [[1, -1], [-32_768, 32_767]]
    assert frames.dtype == np.int16


def test_no_bytes_are_no_frames() -> None:
    assert frames_from_pcm(b"", channels=2).shape == (0, 2)


def test_a_split_frame_is_refused_with_the_bytes_left_over() -> None:
    with pytest.raises(AudioFormatError, match=r"6 bytes .* 2 channel\(s\) .* 4 bytes, and 2 are left over"):
        frames_from_pcm(b"\0" * 6, channels=2)


def test_zero_channels_are_refused() -> None:
    with pytest.raises(AudioFormatError, match="not 0"):
        frames_from_pcm(b"", channels=0)


@given(hnp.arrays(np.int16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_pcm_written_and_read_is_the_same_sound(frames: np.ndarray[tuple[int, int], np.dtype[np.int16]]) -> None:
    assert np.array_equal(frames_from_pcm(pcm_from_samples(frames), frames.shape[1]), frames)


def test_one_channel_is_mono_without_a_copy() -> None:
    frames = frames_from_pcm(b"\x05\x00\x06\x00", channels=1)
    mono = to_mono(frames)
    assert mono.tolist() == [5, 6]
    assert np.shares_memory(mono, frames)


def test_the_mean_of_two_channels_rounds_half_up() -> None:
    frames = np.array([[1, 2], [-1, -2], [0, -1], [32_767, 32_767], [-32_768, -32_768]], np.int16)
    assert to_mono(frames).tolist() == [2, -1, 0, 32_767, -32_768]


@given(st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=8))
def test_the_mean_of_any_channels_rounds_half_up(frame: list[int]) -> None:
    mean = sum(frame) / len(frame)
    assert to_mono(np.array([frame], np.int16)).tolist() == [np.floor(mean + 0.5)]


def test_mixing_to_mono_needs_frames_and_channels() -> None:
    with pytest.raises(AudioFormatError, match=r"\(n, channels\), not \(4,\)"):
        to_mono(np.zeros(4, np.int16))


def test_int16_becomes_float32_from_minus_one_to_below_one() -> None:
    signal = float_from_int16(np.array([-32_768, 0, 16_384, 32_767], np.int16))

    assert signal.dtype == np.float32
    assert signal.tolist() == [-1.0, 0.0, 0.5, 32_767 / 32_768]
    assert int16_from_float(signal).tolist() == [-32_768, 0, 16_384, 32_767]
