"""A microphone's offset is no sound, and takes the room that a gain needs."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tears.audio.errors import AudioFormatError
from tears.audio.level import level_dbfs
from tears.audio.offset import without_offset
from tears.audio.window import make_window

RATE_HZ = 48_000
SAMPLES = 5 * RATE_HZ
TWO_PERCENT = 655
TIME_SECONDS = np.arange(SAMPLES) / RATE_HZ


def _voice(amplitude: float) -> NDArray[np.int16]:
    """Return 5 s of a voice at 500 Hz that comes and goes, with a little hiss."""
    hiss = np.random.default_rng(1).normal(0, amplitude / 50, SAMPLES)
    swell = np.abs(np.sin(np.pi * TIME_SECONDS))
    return np.rint(amplitude * swell * np.sin(2 * np.pi * 500 * TIME_SECONDS) + hiss).astype(np.int16)


def _rms(samples: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


@pytest.mark.parametrize("amplitude", [20, 100, 1_000, 15_000])
@pytest.mark.parametrize("gain_db", [None, 45.0, 0.0])
def test_sound_without_an_offset_is_returned_itself(amplitude: float, gain_db: float | None) -> None:
    voice = _voice(amplitude)
    assert without_offset(voice, RATE_HZ, gain_db) is voice
    slightly_off = voice + np.int16(amplitude * 0.05 if gain_db is None else 1)
    assert without_offset(slightly_off, RATE_HZ, gain_db) is slightly_off


@pytest.mark.parametrize("amplitude", [20, 150, 5_000])
def test_an_offset_of_two_percent_changes_no_window_at_a_fixed_gain_of_45_db(amplitude: float) -> None:
    clean = make_window(_voice(amplitude), RATE_HZ, 45.0)
    moved = make_window(_voice(amplitude) + np.int16(TWO_PERCENT), RATE_HZ, 45.0)

    assert abs(moved.clipped_samples - clean.clipped_samples) < SAMPLES / 1_000
    assert moved.level_dbfs == pytest.approx(clean.level_dbfs, abs=0.2)
    assert _rms(moved.samples - clean.samples.astype(float)) < 0.05 * _rms(clean.samples.astype(float))


def test_an_offset_takes_no_automatic_gain_from_a_quiet_voice() -> None:
    clean, moved = (make_window(_voice(100) + np.int16(offset), RATE_HZ, None) for offset in (0, -3_000))
    assert moved.gain_db == pytest.approx(clean.gain_db, abs=0.2)
    assert moved.level_dbfs == pytest.approx(clean.level_dbfs, abs=0.2)


@pytest.mark.parametrize(
    "offset",
    [
        pytest.param(np.where(TIME_SECONDS < 2.2, -400.0, 900.0), id="a jump"),
        pytest.param(700 * np.sin(2 * np.pi * 0.3 * TIME_SECONDS), id="a slow drift"),
        pytest.param(4_000 * np.exp(-TIME_SECONDS / 1.5), id="a microphone that has just been switched on"),
    ],
)
def test_an_offset_that_moves_goes_as_well(offset: NDArray[np.float64]) -> None:
    voice = _voice(100)
    moved = without_offset((voice + np.rint(offset)).astype(np.int16), RATE_HZ, 45.0)
    # All but a quarter of a second on either side of a jump, and at the ends, where the mean has one side only.
    near = (np.abs(TIME_SECONDS - 2.2) < 0.3) | (np.abs(TIME_SECONDS - 2.5) > 2.2)
    assert np.abs(moved - voice)[~near].max() < 15


def test_a_click_does_not_hide_an_offset() -> None:
    sound = _voice(150) + np.int16(TWO_PERCENT)
    sound[RATE_HZ : RATE_HZ + 4_800] = 30_000
    assert make_window(sound, RATE_HZ, 45.0).clipped_samples < 40_000


def test_a_thump_is_not_an_offset() -> None:
    sound = _voice(100)
    sound[RATE_HZ : RATE_HZ + 4_000] = 500
    assert without_offset(sound, RATE_HZ, 45.0) is sound


def test_nothing_but_an_offset_is_silence() -> None:
    window = make_window(np.full(SAMPLES, TWO_PERCENT, np.int16), RATE_HZ, 45.0)
    assert (window.level_dbfs, window.clipped_samples) == (-120.0, 0)
    assert not window.samples.any()


def test_an_offset_is_not_removed_from_the_callers_array() -> None:
    sound = _voice(100) + np.int16(TWO_PERCENT)
    before = sound.copy()
    assert without_offset(sound, RATE_HZ, None).dtype == np.float64
    assert np.array_equal(sound, before)


@pytest.mark.parametrize("rate_hz", [4_000, 8_000, 22_050, 44_100, 384_000])
def test_an_offset_is_removed_at_every_rate(rate_hz: int) -> None:
    tone = np.rint(100 * np.sin(2 * np.pi * 500 * np.arange(rate_hz) / rate_hz)).astype(np.int16)
    clean = without_offset(tone + np.int16(TWO_PERCENT), rate_hz, 45.0)
    assert np.abs(clean - tone).max() < 2
    assert level_dbfs(clean) == pytest.approx(level_dbfs(tone), abs=0.05)


@pytest.mark.parametrize("samples", [1, 7, 479, 481])
def test_a_short_sound_has_an_offset_too(samples: int) -> None:
    assert not without_offset(np.full(samples, 900, np.int16), RATE_HZ, None).any()


def test_sound_of_no_known_rate_or_form_is_refused() -> None:
    with pytest.raises(AudioFormatError, match="1000 Hz"):
        without_offset(np.ones(9, np.int16), 1_000, None)
    with pytest.raises(AudioFormatError, match="one channel"):
        without_offset(np.zeros((0,), np.int16), RATE_HZ, None)
