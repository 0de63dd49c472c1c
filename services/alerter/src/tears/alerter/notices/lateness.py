"""The words of notices that could not be delivered when they were true, and what of them is merged. No I/O."""

import time
from collections.abc import Sequence
from dataclasses import replace

from tears.alerter.notices.wording import CRYING, LISTENING_AGAIN, NOT_LISTENING, Notice
from tears.kit.clock import wall_clock_fault

# A notice that is this old reads as if it were late, and is merged with others of its kind.
LATE_SECONDS = 60.0
# Times beyond this number are not listed one by one.
_MOST_LISTED_TIMES = 5
_DATE_AFTER_SECONDS = 12 * 3_600.0
_MINUTES_PER_HOUR = 60
_MOST_SHOWN_HOURS = 48


def is_late(notice: Notice, wall_seconds: float) -> bool:
    """Return whether a notice is no longer news; never if its time was read from a clock that was not set."""
    if wall_clock_fault(notice.happened_at_seconds):
        return False
    return wall_seconds - notice.happened_at_seconds >= LATE_SECONDS


def subject_of(notice: Notice) -> str:
    """Return what a notice is about: late notices with the same subject are sent as one."""
    room, _, word = notice.title.rpartition(": ")
    return f"{room}: listening" if word in (NOT_LISTENING, LISTENING_AGAIN) else notice.title


def late_notice(notices: Sequence[Notice], wall_seconds: float) -> Notice:
    """Return one notice in place of late ones of one subject, oldest first; it has the key of the newest."""
    newest, first = notices[-1], notices[0]
    room, _, word = newest.title.rpartition(": ")
    times = [_time(one.happened_at_seconds, wall_seconds) for one in notices]
    title = newest.title
    if word == CRYING:
        body = f"Crying began at {_listed(times)}."
        title += f", {len(notices)} times" if len(notices) > 1 else ""
    elif word == LISTENING_AGAIN and len(notices) > 1:
        body = f"Nobody listened to {room} at times since {times[0]}. Listening again since {times[-1]}."
    else:
        body = newest.body
    late = (
        f"This message is {_duration(wall_seconds - first.happened_at_seconds)} late: it could not be delivered before."
    )
    return replace(newest, title=f"{title} (late)", body=f"{body} {late}")


def _listed(times: Sequence[str]) -> str:
    if len(times) == 1:
        return times[0]
    if len(times) > _MOST_LISTED_TIMES:
        return f"{len(times)} times between {times[0]} and {times[-1]}"
    return f"{', '.join(times[:-1])} and {times[-1]}"


def _time(at_seconds: float, wall_seconds: float) -> str:
    shown = "%Y-%m-%d %H:%M:%S" if wall_seconds - at_seconds > _DATE_AFTER_SECONDS else "%H:%M:%S"
    return time.strftime(shown, time.localtime(at_seconds))


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, minutes_left = divmod(minutes, _MINUTES_PER_HOUR)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes_left} min" if hours < _MOST_SHOWN_HOURS else f"{hours // 24} days"
