"""The overload rule: which entries a stage gives up because they cannot be done in time. Pure, and without a clock.

An entry is given up if two things are true. It has waited longer than the limit. And what waits at the stage cannot be
worked off within the limit, at the speed at which the stage works now, nor does the stage catch up by itself soon (see
`overload_watch`). So an outage costs nothing if its backlog can be worked off quickly: each of its entries may hold a
cry. But of what arrives faster than it can be done, the oldest entries go, while newer ones of the room are done.

While that goes on, a room that has had more than its share waits for half the limit only, so that no room is always the
one whose turn comes too late.
"""

from collections import deque
from collections.abc import Callable
from itertools import pairwise

from tears.kit.overload.fair_shares import FairShares

# An entry that has waited for less was not kept waiting by others, so the time before it was not all work.
BEHIND_SECONDS = 1.0
# The speed of work is known after so many entries and so much time, and is that of the last seconds.
_FEWEST_MEASURED = 3
_MEASURED_SECONDS = 1.0
_MOST_MEASURED_SECONDS = 15.0
_MOST_MEASURED = 1_000
# So long a time between two beginnings was a pause, in which the machine, Redis or the model did nothing, and no work.
_PAUSE_SECONDS = 1.0
# But if every third beginning, or more, comes after so long, the work itself is that slow.
_FEWEST_BEGUN_PER_PAUSE = 3


class WorkSpeed:
    """How many entries a second this process does while others wait all the time."""

    def __init__(self) -> None:
        self._begun_at_seconds: deque[float] = deque(maxlen=_MOST_MEASURED)

    def note_begun(self, now: float) -> None:
        """Note that an entry that others had kept waiting is begun; `now` is monotonic seconds."""
        begun = self._begun_at_seconds
        begun.append(now)
        while len(begun) > _FEWEST_MEASURED + 1 and now - begun[0] > _MOST_MEASURED_SECONDS:
            begun.popleft()

    def forget(self) -> None:
        """Begin to measure anew, because nothing waited, or something else held up the work."""
        self._begun_at_seconds.clear()

    def per_second(self, now: float) -> float | None:
        """Return the speed without the pauses; None if it is not known."""
        begun = self._begun_at_seconds
        if len(begun) < _FEWEST_MEASURED:
            return None
        steps = [later - earlier for earlier, later in pairwise([*begun, now])]
        worked = [seconds for seconds in steps if seconds < _PAUSE_SECONDS]
        if (len(steps) - len(worked)) * _FEWEST_BEGUN_PER_PAUSE > len(steps):
            worked = steps
        seconds = sum(worked)
        return len(worked) / seconds if seconds >= _MEASURED_SECONDS else None


class OverloadRule:
    """Decides which entries are given up. Not thread-safe."""

    def __init__(self, limit_seconds: float) -> None:
        """Give up nothing that has waited for less than about half of `limit_seconds`."""
        self._limit_seconds = limit_seconds
        self._speed = WorkSpeed()
        self._shares = FairShares()
        self._gave_up_at_seconds = float("-inf")
        self._behind_at_seconds = float("-inf")

    def note_hold_up(self) -> None:
        """Note that the work was held up by something that is away: what waits then is no overload."""
        self._speed.forget()

    def is_late(self, waited_seconds: float) -> bool:
        """Return whether an entry has waited for so long that it may be given up."""
        return waited_seconds > self._limit_seconds / 2

    def is_overloaded(self, now: float) -> bool:
        """Return whether anything was given up lately."""
        return now - self._gave_up_at_seconds < self._limit_seconds

    def work_had(self, room: str) -> float:
        """Return how much work was done for a room: of several entries, decide first about those that have had most."""
        return self._shares.had(room)

    def note_begun(self, room: str, waited_seconds: float, now: float) -> None:
        """Note that an entry is begun; `now` is monotonic seconds. The room of an entry in time does not matter."""
        if waited_seconds >= BEHIND_SECONDS:
            self._behind_at_seconds = now
            self._shares.see(room, now)
            self._shares.count(room)
        elif now - self._behind_at_seconds >= BEHIND_SECONDS:
            self._speed.forget()
            return
        # While another room's entries wait, there is no pause in which nothing was to do.
        self._speed.note_begun(now)

    def gives_up(self, room: str, waited_seconds: float, now: float, clear_seconds: Callable[[float], float]) -> bool:
        """Decide about an entry of a room that waits.

        `clear_seconds` returns how long the stage needs for all that waits, if this process does so many entries a
        second. It is called only if the answer matters. `now` is monotonic seconds.
        """
        if waited_seconds < BEHIND_SECONDS:
            return False
        self._behind_at_seconds = now
        self._shares.see(room, now)
        half_seconds = self._limit_seconds / 2
        is_overloaded = self.is_overloaded(now)
        is_patient = not (is_overloaded and self._shares.is_favoured(room))
        if waited_seconds <= (self._limit_seconds if is_patient else half_seconds):
            return False
        per_second = self._speed.per_second(now)
        # In an overload it is known that more will come than can be done.
        bearable_seconds = half_seconds if is_overloaded else self._limit_seconds
        if per_second is None or clear_seconds(per_second) <= bearable_seconds:
            return False
        self._gave_up_at_seconds = now
        return True
