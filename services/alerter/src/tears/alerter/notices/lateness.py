"""Which notices are late, and what of them is merged. No I/O."""

from collections.abc import Sequence
from dataclasses import replace

from tears.alerter.notices.notice import Notice
from tears.kit.clock import wall_clock_fault

# A notice that is this old reads as if it were late, and is merged with others of its subject.
LATE_SECONDS = 60.0


def is_late(notice: Notice, wall_seconds: float) -> bool:
    """Return whether a notice is no longer news; never if its time was read from a clock that was not set."""
    if wall_clock_fault(notice.happened_at_seconds):
        return False
    return wall_seconds - notice.happened_at_seconds >= LATE_SECONDS


def merge_notices(notices: Sequence[Notice]) -> Notice:
    """Return one notice in place of several of one subject, oldest first; it has the key of the newest."""
    return replace(notices[-1], earlier=tuple(notices[:-1]))
