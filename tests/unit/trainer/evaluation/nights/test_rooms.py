import numpy as np
import pytest

from tears.trainer.evaluation.nights.rooms import NIGHT_ROOMS, night_noise, reverberated, shaped_noise, ticks

RATE_HZ = 16_000


def _noise(room: str, seconds: int, block: int = RATE_HZ) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.concatenate(
        list(night_noise(NIGHT_ROOMS[room], RATE_HZ, seconds * RATE_HZ, block, np.random.default_rng(3)))
    )


@pytest.mark.parametrize("room", NIGHT_ROOMS)
def test_a_room_has_its_level(room: str) -> None:
    noise = _noise(room, 45)
    assert noise.shape == (45 * RATE_HZ,)
    assert 10 * np.log10(np.mean(np.square(noise))) == pytest.approx(NIGHT_ROOMS[room].level_dbfs, abs=0.4)


@pytest.mark.parametrize("room", ["rain", "fan"])
def test_the_blocks_of_a_room_have_no_seams(room: str) -> None:
    level = 10 ** (NIGHT_ROOMS[room].level_dbfs / 20)
    assert np.abs(_noise(room, 5) - _noise(room, 5, block=7_001)).max() < level * 1e-3


def test_there_is_mains_hum_in_the_room_with_a_fan_but_not_in_the_rain() -> None:
    def hum_db(room: str) -> float:
        power = np.square(np.abs(np.fft.rfft(_noise(room, 10))))  # bins of 0.1 Hz
        return float(10 * np.log10(power[495:506].max() / np.median(power[600:900])))

    assert hum_db("fan") > 20 > hum_db("rain")


@pytest.mark.parametrize("slope_db", [-5, 0, 3])
def test_shaped_noise_falls_by_its_slope_every_octave(slope_db: float) -> None:
    power = np.square(np.abs(np.fft.rfft(shaped_noise(1 << 18, 1 << 16, slope_db, np.random.default_rng(1)))))
    octaves = [10 * np.log10(power[4 * hz : 8 * hz].mean()) for hz in (500, 1_000, 2_000, 4_000)]
    assert np.diff(octaves) == pytest.approx(slope_db, abs=0.3)


def test_reverberation_decays_within_half_a_second() -> None:
    clap = np.zeros(800, np.float32)
    clap[0] = 1
    sound = reverberated(clap, RATE_HZ, np.random.default_rng(1))
    assert sound[0] == pytest.approx(1, abs=0.3)
    tail = np.square(sound[1:])
    assert tail.sum() > 0.15**2 / 2
    assert sound.size <= 800 + 0.45 * RATE_HZ
    assert tail[: tail.size // 4].sum() > 100 * tail[-tail.size // 4 :].sum()


def test_ticks_are_short_and_within_the_night() -> None:
    total = 3_600 * RATE_HZ
    sounds = ticks(RATE_HZ, total, np.random.default_rng(1))
    assert 60 < len(sounds) < 120
    assert all(0 <= at < total and sound.size <= 0.05 * RATE_HZ for at, sound in sounds)
    assert max(float(np.abs(sound).max()) for _, sound in sounds) < 0.1
