"""One window, made of 5 s of a microphone."""

import numpy as np
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.errors import AudioFormatError, GainError
from tears.audio.level import level_dbfs
from tears.audio.window import make_model_input, make_window


def _tone(rate_hz: int, amplitude: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.round(amplitude * np.sin(2 * np.pi * 500 * np.arange(5 * rate_hz) / rate_hz)).astype(np.int16)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_a_window_is_five_seconds_at_the_models_rate(rate_hz: int) -> None:
    window = make_window(_tone(rate_hz, 100), rate_hz, 45.0)
    assert window.samples.dtype == np.int16
    assert window.samples.shape == (110_250,)
    assert window.gain_db == 45.0
    assert window.clipped_samples == 0
    assert np.abs(window.samples[1_000:-1_000]).max() == pytest.approx(17_783, rel=0.003)


def test_the_level_of_a_window_is_that_before_gain() -> None:
    quiet = _tone(48_000, 100)
    for gain_db in (None, 0.0, 45.0):
        assert make_window(quiet, 48_000, gain_db).level_dbfs == level_dbfs(quiet) == pytest.approx(-53.3, abs=0.1)


def test_a_fixed_gain_of_zero_is_not_the_automatic_gain() -> None:
    assert make_window(_tone(48_000, 100), 48_000, 0.0).gain_db == 0.0


def test_without_a_fixed_gain_a_window_has_the_automatic_gain() -> None:
    window = make_window(_tone(48_000, 3_276.7), 48_000, None)
    assert window.gain_db == pytest.approx(20.0, abs=0.01)
    assert window.clipped_samples <= 240


def test_the_automatic_gain_as_a_fixed_gain_makes_the_same_window() -> None:
    sound = np.random.default_rng(1).normal(0, 500, 240_000).astype(np.int16)
    found = make_window(sound, 48_000, None)
    again = make_window(sound, 48_000, found.gain_db)
    assert np.array_equal(found.samples, again.samples)
    assert found.clipped_samples == again.clipped_samples == 240


def test_clipped_samples_are_counted_at_the_microphones_rate() -> None:
    sound = np.zeros(5 * 48_000, np.int16)
    sound[1_000:1_900] = 200
    assert make_window(sound, 48_000, 45.0).clipped_samples == 900


def test_silence_becomes_silence() -> None:
    window = make_window(np.zeros(240_000, np.int16), 48_000, None)
    assert (window.level_dbfs, window.gain_db, window.clipped_samples) == (-120.0, 45.0, 0)
    assert not window.samples.any()


def test_a_window_is_made_of_a_read_only_view() -> None:
    sound = np.frombuffer(_tone(48_000, 100).tobytes(), np.int16)
    assert make_window(sound, 48_000, 45.0).samples.any()


@pytest.mark.parametrize("count", [239_999, 240_001])
def test_only_exactly_five_seconds_make_a_window(count: int) -> None:
    with pytest.raises(AudioFormatError, match=rf"shape \(240000,\), not of int16 of \({count},\)"):
        make_window(np.zeros(count, np.int16), 48_000, 45.0)


def test_float_sound_makes_no_window() -> None:
    with pytest.raises(AudioFormatError, match="not of float32"):
        make_window(np.zeros(240_000, np.float32), 48_000, 45.0)  # type: ignore[arg-type]


def test_int16_makes_the_same_window_as_float64() -> None:
    sound = np.random.default_rng(1).integers(-9_000, 9_000, 240_000).astype(np.int16)
    for gain_db in (45.0, None):
        one, other = (make_window(samples, 48_000, gain_db) for samples in (sound, sound.astype(np.float64)))
        assert np.array_equal(one.samples, other.samples)
        assert (one.level_dbfs, one.gain_db) == (other.level_dbfs, other.gain_db)
        assert one.clipped_samples == other.clipped_samples


def test_an_unknown_rate_makes_no_window() -> None:
    with pytest.raises(AudioFormatError, match="1000 Hz"):
        make_window(np.zeros(5_000, np.int16), 1_000, 45.0)


@pytest.mark.parametrize("gain_db", ["inf", "-inf", "nan"])
def test_an_infinite_gain_makes_no_window(gain_db: str) -> None:
    with pytest.raises(GainError):
        make_window(np.zeros(240_000, np.int16), 48_000, float(gain_db))


@pytest.mark.parametrize("gain_db", [None, 12.0])
def test_the_model_is_given_the_amplified_window_in_minus_one_to_one(gain_db: float | None) -> None:
    samples = np.random.default_rng(1).normal(0, 900, WINDOW_SAMPLES).astype(np.int16)

    signal = make_model_input(samples, gain_db)

    assert signal.dtype == np.float32
    np.testing.assert_array_equal(signal * 32_768, make_window(samples, MODEL_RATE_HZ, gain_db).samples)
