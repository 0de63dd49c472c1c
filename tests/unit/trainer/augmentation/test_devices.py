"""Devices make noise quieter, levels more even and bands narrower, and keep the sound itself."""

import numpy as np
import pytest

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.audio.gain import amplitude
from tears.trainer.augmentation.devices import CODEC_RATES_HZ, CODECS, denoised, encoded, levelled, through_device

SECONDS = np.arange(WINDOW_SAMPLES, dtype=np.float64) / MODEL_RATE_HZ
# A tone in the second and the fourth second.
SOUNDING = (SECONDS % 2 >= 1) & (SECONDS < 4)
TONE: Signal = (0.3 * np.sin(2 * np.pi * 440 * SECONDS) * SOUNDING).astype(np.float32)
HISS: Signal = np.random.default_rng(1).normal(0, 0.01, WINDOW_SAMPLES).astype(np.float32)


def rms_db(samples: Signal) -> float:
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-20))


def test_noise_falls_to_the_lowest_gain_and_the_sound_stays() -> None:
    cleaned = denoised(TONE + HISS, strength=3.0, lowest_db=-20.0)

    assert rms_db(cleaned[~SOUNDING]) < rms_db(HISS) - 10
    assert rms_db(cleaned[SOUNDING]) == pytest.approx(rms_db(TONE[SOUNDING]), abs=0.5)


def test_without_suppression_the_sound_is_unchanged() -> None:
    cleaned = denoised(TONE + HISS, strength=0.0, lowest_db=-20.0)

    assert cleaned.shape == (WINDOW_SAMPLES,)
    np.testing.assert_allclose(cleaned, TONE + HISS, atol=1e-5)


def test_a_quiet_sound_is_raised_to_the_level_but_not_beyond_the_highest_gain() -> None:
    quiet = HISS * np.float32(amplitude(-10))

    assert rms_db(levelled(quiet, -30.0, 30.0, 0.1)) == pytest.approx(-30.0, abs=1.0)
    assert rms_db(levelled(quiet, -30.0, 6.0, 0.1)) == pytest.approx(rms_db(quiet) + 6.0, abs=0.1)


def test_the_gain_falls_at_once_and_recovers_slowly() -> None:
    # Loud for two seconds, then as quiet as before.
    loud = np.where((SECONDS >= 1) & (SECONDS < 3), 30.0, 1.0).astype(np.float32)

    controlled = levelled(HISS * loud, -30.0, 30.0, 1.0)

    assert rms_db(controlled[int(2.5 * MODEL_RATE_HZ) : int(2.9 * MODEL_RATE_HZ)]) == pytest.approx(-30.0, abs=1.5)
    just_after, later = controlled[int(3.1 * MODEL_RATE_HZ) :][:2000], controlled[int(4.8 * MODEL_RATE_HZ) :][:2000]
    assert rms_db(just_after) < rms_db(later) - 5


@pytest.mark.parametrize("rate_hz", CODEC_RATES_HZ)
@pytest.mark.parametrize(("container", "codec"), CODECS)
def test_a_codec_does_not_move_the_sound_and_keeps_what_is_within_its_band(
    container: str, codec: str, rate_hz: int
) -> None:
    received = encoded(TONE, container, codec, rate_hz, 0.8)

    assert received.shape == (WINDOW_SAMPLES,)
    assert rms_db(received[SOUNDING]) == pytest.approx(rms_db(TONE[SOUNDING]), abs=1.0)
    assert rms_db(received[: MODEL_RATE_HZ * 9 // 10]) < -50  # the tone begins after a second
    high = (0.3 * np.sin(2 * np.pi * 9000 * SECONDS)).astype(np.float32)
    assert (rms_db(encoded(high, container, codec, rate_hz, 0.8)) < rms_db(high) - 30) == (rate_hz < 18_000)


@pytest.mark.parametrize("compression", [0.0, 0.99998, 1.0])
@pytest.mark.parametrize("rate_hz", CODEC_RATES_HZ)
@pytest.mark.parametrize(("container", "codec"), CODECS)
def test_the_best_quality_and_the_least_data_can_be_encoded(
    container: str, codec: str, rate_hz: int, compression: float
) -> None:
    received = encoded(TONE, container, codec, rate_hz, compression)

    assert rms_db(received[SOUNDING]) == pytest.approx(rms_db(TONE[SOUNDING]), abs=3.0)


def test_the_same_seed_draws_the_same_device_and_another_seed_another() -> None:
    one, same, other = (through_device(TONE + HISS, np.random.default_rng(seed)) for seed in (5, 5, 6))

    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.dtype == np.float32


def test_silence_stays_silence() -> None:
    silence = np.zeros(WINDOW_SAMPLES, np.float32)

    for seed in range(20):
        assert rms_db(through_device(silence, np.random.default_rng(seed))) < -70
