"""Count how much of the work each room has had lately. Pure, and without a clock."""

# Work counts half after this time, a quarter after twice this time, and so on.
_HALF_LIFE_SECONDS = 120.0


class FairShares:
    """Counts the work that is done for each room, so that none is always the one that has to wait."""

    def __init__(self) -> None:
        self._counts: dict[str, float] = {}
        self._seen: set[str] = set()
        self._halved_at_seconds = float("-inf")

    def see(self, room: str, now: float) -> None:
        """Note that there is work of a room; `now` is monotonic seconds. Rooms that have gone are forgotten."""
        if now - self._halved_at_seconds >= _HALF_LIFE_SECONDS:
            self._counts = {one: count / 2 for one, count in self._counts.items() if one in self._seen}
            self._seen.clear()
            self._halved_at_seconds = now
        self._seen.add(room)
        self._counts.setdefault(room, 0.0)

    def count(self, room: str) -> None:
        """Count one piece of work that is done for a room."""
        self._counts[room] += 1.0

    def had(self, room: str) -> float:
        """Return how much of the work a room has had."""
        return self._counts.get(room, 0.0)

    def is_favoured(self, room: str) -> bool:
        """Return whether a room has had more than the average."""
        return self._counts[room] * len(self._counts) > sum(self._counts.values())
