"""The news for a parent about the alerter's own memory: its file is damaged, or cannot be written. No I/O."""

import enum
import uuid
from typing import NamedTuple

from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.notice import NOTICE_NAMESPACE, Notice


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


_MEMORY_FAULTS = {Keeping.BEGUN_ANEW: ListeningFault.MEMORY_DAMAGED, Keeping.IN_MEMORY: ListeningFault.MEMORY_ONLY}


def keeping_notice(report: KeepingReport, wall_seconds: float) -> Notice:
    """Return the notice about a report that was made at this time."""
    keeping = report.keeping
    key = str(uuid.uuid5(NOTICE_NAMESPACE, f"{keeping.value}/{wall_seconds}"))
    if keeping is Keeping.ON_DISK:
        facts = {"trouble": ListeningFault.MEMORY_ONLY.value}
        return Notice(key, NoticeKind.LISTENING_AGAIN, facts=facts, happened_at_seconds=wall_seconds)
    fault = _MEMORY_FAULTS[keeping].value
    facts = {"trouble": fault, "reason": fault, "error": report.reason}
    return Notice(key, NoticeKind.NOT_LISTENING, facts=facts, happened_at_seconds=wall_seconds)
