"""The news for a parent about the alerter's own memory: its file is damaged, or cannot be written. No I/O."""

import enum
import uuid
from typing import NamedTuple

from tears.alerter.notices.wording import NOTICE_NAMESPACE, Notice


class Keeping(enum.Enum):
    """The ways to keep the state."""

    # What the file held could not be read, and a new file begins.
    BEGUN_ANEW = "begun anew"
    # It is kept in memory, because the file cannot be used.
    IN_MEMORY = "in memory"
    # It is kept in the file again.
    ON_DISK = "on disk"


class KeepingReport(NamedTuple):
    """A change in how the state is kept, and the reason."""

    keeping: Keeping
    reason: str


_TITLES = {
    Keeping.BEGUN_ANEW: "Tears: its memory was damaged",
    Keeping.IN_MEMORY: "Tears: alerts are not saved",
    Keeping.ON_DISK: "Tears: alerts are saved again",
}
_BODIES = {
    Keeping.BEGUN_ANEW: "Listening goes on. But an alert that was not delivered before may be lost. The reason: {}.",
    Keeping.IN_MEMORY: "Listening goes on, and alerts are sent. But a restart or a power cut may lose or repeat an "
    "alert. The reason: {}.",
    Keeping.ON_DISK: "The file with the alerts can be written again.",
}


def keeping_notice(report: KeepingReport, wall_seconds: float) -> Notice:
    """Return the notice about a report that was made at this time."""
    keeping = report.keeping
    return Notice(
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{keeping.value}/{wall_seconds}")),
        title=_TITLES[keeping],
        body=_BODIES[keeping].format(report.reason),
        kind="success" if keeping is Keeping.ON_DISK else "warning",
        happened_at_seconds=wall_seconds,
    )
