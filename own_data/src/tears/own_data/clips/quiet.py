"""Which of a night's unlabelled windows are quiet. Pure."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tears.audio.constants import SILENCE_DBFS

# The level that a fifth of the windows stay below is that of the room alone.
_FLOOR_PERCENT: Final = 20
# Above the room by more than this, something was to be heard.
MOST_ABOVE_FLOOR_DB: Final = 6.0


def quiet_among(levels_dbfs: Sequence[float]) -> list[int]:
    """The places of windows in which there is nothing but the room.

    Digital silence is none of them: it comes from a microphone that was muted.

    Args:
        levels_dbfs: Of windows of one room, before gain.
    """
    heard = [level for level in levels_dbfs if level > SILENCE_DBFS]
    if not heard:
        return []
    highest = float(np.percentile(heard, _FLOOR_PERCENT)) + MOST_ABOVE_FLOOR_DB
    return [place for place, level in enumerate(levels_dbfs) if SILENCE_DBFS < level <= highest]
