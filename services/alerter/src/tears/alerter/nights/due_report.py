"""When the report of a night is due. No I/O."""

import datetime as dt
from collections.abc import Container
from typing import Final

from tears.kit.calendar.nights import ONE_DAY, Night, local_seconds
from tears.kit.clock import wall_clock_fault

# A report that could not be made at its hour is still made within this time, and not after it.
LATEST_SECONDS: Final = 12 * 3_600.0


def due_night(wall_seconds: float, report_at: tuple[int, int], told: Container[str]) -> Night | None:
    """Return the night whose report is due: the one before the last time that a clock showed the hour of the report.

    Args:
        wall_seconds: now, seconds since 1970.
        report_at: the hour and minute of the report, local time.
        told: the nights, as text, whose reports were made before. It makes no difference in which order: a clock that
            is set back tells no night again, and one that was far ahead does not keep later nights from being told.

    Returns:
        None if none is due, if it was told, and if the clock shows a date that cannot be right.
    """
    if wall_clock_fault(wall_seconds):
        return None
    today = dt.date.fromtimestamp(wall_seconds)  # noqa: DTZ012 - local time is meant
    for morning in (today, today - ONE_DAY):
        due_seconds = local_seconds(morning, *report_at)
        if due_seconds <= wall_seconds < due_seconds + LATEST_SECONDS:
            night = Night(morning - ONE_DAY)
            return None if str(night) in told else night
    return None
