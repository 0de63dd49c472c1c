"""Levels of sound as bars and words."""

from tears.audio.constants import SILENCE_DBFS

BAR_FLOOR_DBFS = -80.0


def level_words(level_dbfs: float, *, cells: int = 20, is_ascii: bool = False) -> str:
    """Return the level in words, after a bar from -80 dB to full scale at 0 dB; a terminal may need ASCII."""
    full, empty = ("#", ".") if is_ascii else ("█", "·")
    filled = round(cells * min(max(1.0 - level_dbfs / BAR_FLOOR_DBFS, 0.0), 1.0))
    level = "silent" if level_dbfs <= SILENCE_DBFS else f"{level_dbfs:.0f} dB"
    return f"{full * filled}{empty * (cells - filled)} {level:>6}"
