"""Choose the quiet windows among a night's windows without a label. Pure."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tears.audio.constants import SILENCE_DBFS

# A fifth of the windows are below the level of the room alone.
_FLOOR_PERCENT: Final = 20
# A window that is louder than the room by more than this has some sound in it.
MOST_ABOVE_FLOOR_DB: Final = 6.0


def quiet_among(levels_dbfs: Sequence[float]) -> list[int]:
    """Return the places of windows in which only the room is heard.

    Digital silence does not count: it comes from a microphone that was muted.

    Args:
        levels_dbfs: The levels of windows of one room, before gain.
    """
    sounding = [level for level in levels_dbfs if level > SILENCE_DBFS]
    if not sounding:
        return []
    highest = float(np.percentile(sounding, _FLOOR_PERCENT)) + MOST_ABOVE_FLOOR_DB
    return [place for place, level in enumerate(levels_dbfs) if SILENCE_DBFS < level <= highest]
