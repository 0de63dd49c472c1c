"""The order of one microphone's sessions. No I/O, and no clock: `now` is monotonic seconds."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

# Ended sessions are remembered, so that a detection that comes too late is recognised.
MOST_ENDED_SESSIONS = 64
# A session that did not announce its end counts as over this long after the next one began. Its last windows may still
# be with a second classifier, but a parent should not wait for them.
SESSION_GRACE_SECONDS = 5.0
# If the registry says that the recorder has left the session for the next one, only windows under way can still come.
# The next session's first window took 5 s to fill, so they have had that time already.
REGISTERED_GRACE_SECONDS = 1.0
# A session that continues gives at least one detection per hop, and a hop is at most 5 s.
LONGEST_SESSION_PAUSE_SECONDS = 2 * SESSION_GRACE_SECONDS


@dataclass(slots=True)
class WaitingSession:
    """A session that has not ended.

    Attributes:
        began_at_seconds: when its first detection came.
        last_seen_at_seconds: when its last detection came.
        windows: how many windows it has; None until its end is announced.
        end_announced_at_seconds: when its end was announced.
    """

    name: str
    began_at_seconds: float
    last_seen_at_seconds: float
    windows: int | None = None
    end_announced_at_seconds: float = 0.0


class SessionQueue:
    """The sessions in the order of their first detections. The first is current, and the others wait for its end."""

    def __init__(
        self, lateness_seconds: float, now: float, waiting: Iterable[tuple[str, int | None]], ended: Iterable[str]
    ) -> None:
        """Start with the sessions of an earlier process, whose waits begin now.

        `lateness_seconds` is how long to wait for a session's last windows after it announced its end; `inf`: forever.
        `waiting` has (name, number of windows if its end was announced) of each session that has not ended, and `ended`
        the names of the others, oldest first.
        """
        self._lateness_seconds = lateness_seconds
        self.waiting = [WaitingSession(name, now, now, windows, now) for name, windows in waiting]
        self.ended = deque(ended, MOST_ENDED_SESSIONS)
        # The session that the registry names; empty before the first look.
        self.registered = ""

    def __len__(self) -> int:
        """Return how many sessions have not ended."""
        return len(self.waiting)

    @property
    def current(self) -> WaitingSession | None:
        """The first session, which the others wait for; None if all have ended."""
        return self.waiting[0] if self.waiting else None

    @property
    def newest(self) -> str | None:
        """The session that began last, of those that have not ended.

        If a session has been silent for long while the current one continued, it is the older one, and only came late.
        """
        if not self.waiting:
            return None
        since_seconds = self.waiting[0].last_seen_at_seconds - LONGEST_SESSION_PAUSE_SECONDS
        return [one for one in self.waiting if one.last_seen_at_seconds > since_seconds][-1].name

    def has_ended(self, name: str) -> bool:
        """Return whether a session has ended."""
        return name in self.ended

    def is_known(self, name: str) -> bool:
        """Return whether a detection of this session has come."""
        return self.has_ended(name) or any(session.name == name for session in self.waiting)

    def is_probably_forgotten(self, name: str) -> bool:
        """Return whether a session has probably ended so long ago that it is no longer remembered.

        Ask that only about a session that may have been read before. The one that the registry names is not over.
        """
        is_memory_full = len(self.ended) == MOST_ENDED_SESSIONS
        return is_memory_full and not self.is_known(name) and name != self.registered

    def find_or_append(self, name: str, now: float) -> WaitingSession:
        """Return a session that has not ended; a new one begins now."""
        for session in self.waiting:
            if session.name == name:
                return session
        self.waiting.append(WaitingSession(name, now, now))
        return self.waiting[-1]

    def end_current(self) -> None:
        """Let the next session become current."""
        self.ended.append(self.waiting.pop(0).name)

    def reopen(self, name: str, now: float) -> None:
        """Let a session that has ended go on: its end was announced falsely."""
        if name in self.ended:
            self.ended.remove(name)
        self.find_or_append(name, now).windows = None

    def is_current_overdue(self, now: float) -> bool:
        """Return whether to stop waiting for the current session; call it only while nothing of it is held."""
        session = self.waiting[0]
        if session.windows is not None:
            return now - session.end_announced_at_seconds >= self._lateness_seconds
        grace_seconds = min(self._lateness_seconds, SESSION_GRACE_SECONDS)
        is_endless = math.isinf(self._lateness_seconds)
        if not is_endless and self.registered in {one.name for one in self.waiting[1:]}:
            return now - self.waiting[1].began_at_seconds >= min(grace_seconds, REGISTERED_GRACE_SECONDS)
        if is_endless or len(self.waiting) == 1 or now - self.waiting[1].began_at_seconds < grace_seconds:
            return False
        # The next session began, but if this one still continues, it is the younger of the two.
        return now - session.last_seen_at_seconds >= min(self._lateness_seconds, LONGEST_SESSION_PAUSE_SECONDS)

    def restart_waits(self, now: float) -> None:
        """Begin every wait again."""
        for session in self.waiting:
            session.began_at_seconds = session.last_seen_at_seconds = session.end_announced_at_seconds = now
