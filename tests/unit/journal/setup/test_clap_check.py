"""A clap stands out of the quiet, and a microphone that does not hear is named."""

import numpy as np
import pytest

from tears.audio.constants import FULL_SCALE
from tears.audio.format import Int16Array
from tears.journal.setup.clap_check import ClapVerdict, find_clap

RATE_HZ = 16_000
SECONDS = 5


def room(noise_dbfs: float, clap_dbfs: float | None, channels: int = 1) -> Int16Array:
    """Return a room with a clap of 30 ms in it, int16 (n, channels)."""
    random = np.random.default_rng(1)
    samples = random.standard_normal((SECONDS * RATE_HZ, channels)) * FULL_SCALE * 10 ** (noise_dbfs / 20)
    if clap_dbfs is not None:
        clap = slice(2 * RATE_HZ, 2 * RATE_HZ + 480)
        samples[clap] = random.standard_normal((480, channels)) * FULL_SCALE * 10 ** (clap_dbfs / 20)
    return np.clip(samples, -32_768, 32_767).astype(np.int16)


@pytest.mark.parametrize(
    ("frames", "verdict"),
    [
        (room(-60, -25), ClapVerdict.HEARD),
        (room(-60, -25, channels=2), ClapVerdict.HEARD),
        (room(-40, -15), ClapVerdict.HEARD),
        (room(-60, None), ClapVerdict.NOT_HEARD),
        (room(-30, -25), ClapVerdict.NOT_HEARD),
        (room(-85, -62), ClapVerdict.TOO_QUIET),
        (room(-60, 0), ClapVerdict.CLIPPED),
        (np.zeros((RATE_HZ, 1), np.int16), ClapVerdict.SILENT),
        (np.zeros((0, 1), np.int16), ClapVerdict.NO_SOUND),
    ],
)
def test_each_microphone_gets_its_verdict(frames: Int16Array, verdict: ClapVerdict) -> None:
    assert find_clap(frames, RATE_HZ).verdict is verdict


def test_the_levels_are_those_of_the_quiet_and_of_the_loudest_moment() -> None:
    found = find_clap(room(-60, -25), RATE_HZ)
    assert found.quiet_dbfs == pytest.approx(-60, abs=1)
    assert found.loudest_dbfs == pytest.approx(-25, abs=2)
