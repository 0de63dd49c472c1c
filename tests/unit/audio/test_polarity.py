"""Channels in opposite phase do not cancel each other in the mix."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tears.audio.format import to_mono
from tears.audio.level import level_dbfs
from tears.audio.polarity import channel_signs

RATE_HZ = 48_000
TIME_SECONDS = np.arange(5 * RATE_HZ) / RATE_HZ


def _noise(seed: int, amplitude: float) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, amplitude, TIME_SECONDS.size)


def _voice(amplitude: float = 1_000) -> NDArray[np.float64]:
    return amplitude * np.abs(np.sin(np.pi * TIME_SECONDS)) * np.sin(2 * np.pi * 600 * TIME_SECONDS)


def _frames(*channels: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.rint(np.stack(channels, axis=1)).astype(np.int16)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(_voice(), -_voice(), id="exactly"),
        pytest.param(_voice(), -0.3 * _voice(), id="one quieter"),
        pytest.param(_voice() + 655, -_voice() + 655, id="with an offset"),
        pytest.param(_voice() + _noise(1, 300), -_voice() + _noise(2, 300), id="with hiss"),
        pytest.param(
            _voice() + 3_000 * np.sin(2 * np.pi * 50 * TIME_SECONDS),
            -_voice() + 3_000 * np.sin(2 * np.pi * 50 * TIME_SECONDS),
            id="with hum in both",
        ),
        pytest.param(_noise(3, 200), -_noise(3, 200), id="hiss"),
    ],
)
def test_two_channels_in_opposite_phase_are_both_heard(left: NDArray[np.float64], right: NDArray[np.float64]) -> None:
    signs = channel_signs(_frames(left, right))
    assert sorted(signs) == [-1, 1]
    mono = to_mono(_frames(left, right)).astype(np.float64)
    expected = (left * signs[0] + right * signs[1]) / 2
    assert np.abs(mono - expected).max() <= 1.5


def test_the_mix_of_opposite_channels_is_as_loud_as_one_of_them() -> None:
    assert level_dbfs(to_mono(_frames(_voice(), -_voice()))) == pytest.approx(
        level_dbfs(np.rint(_voice()).astype(np.int16)), abs=0.01
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(_voice(), _voice(), id="in phase"),
        pytest.param(_voice(), 0 * _voice(), id="one is silent"),
        pytest.param(_noise(1, 500), _noise(2, 500), id="independent"),
        pytest.param(_voice() + _noise(1, 500), 0.5 * _voice() + _noise(2, 500), id="a room"),
    ],
)
def test_all_other_stereo_is_its_plain_mean(left: NDArray[np.float64], right: NDArray[np.float64]) -> None:
    frames = _frames(left, right)
    assert np.array_equal(to_mono(frames), np.floor(frames.mean(axis=1) + 0.5))


def test_several_channels_of_a_camera_do_not_cancel_either() -> None:
    mono = to_mono(_frames(_voice(), _noise(1, 3), -_voice(), -_voice(), _voice()))
    assert level_dbfs(mono) == pytest.approx(level_dbfs(np.rint(0.8 * _voice()).astype(np.int16)), abs=0.1)


def test_a_broken_channel_does_not_hide_the_phase_of_the_others() -> None:
    signs = channel_signs(_frames(_noise(1, 5_000), _voice(), -_voice()))
    assert signs[1] == -signs[2]


def test_the_lowest_sample_that_is_turned_does_not_wrap_around() -> None:
    square = np.where(np.arange(4_800) // 48 % 2, 32_767, -32_768)
    mono = to_mono(np.stack([square, -1 - square], axis=1).astype(np.int16))
    assert np.abs(mono.astype(int)).min() >= 32_767


def test_fractions_of_samples_are_kept() -> None:
    fine = np.stack([0.25 * np.rint(_voice()), -0.25 * np.rint(_voice())], axis=1)
    assert np.array_equal(np.abs(to_mono(fine)), np.abs(fine[:, 0]))
