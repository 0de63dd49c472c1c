"""Which windows are quiet."""

from __future__ import annotations

from tears.audio.constants import SILENCE_DBFS
from tears.own_data.clips.quiet import quiet_among


def test_windows_near_the_level_of_the_room_are_quiet() -> None:
    levels = [-60.0] * 10 + [-55.0, -53.0, -30.0, SILENCE_DBFS]
    assert quiet_among(levels) == list(range(11))
    assert quiet_among([SILENCE_DBFS]) == []
    assert quiet_among([]) == []
