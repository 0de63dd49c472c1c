"""Rooms that the broker still shows although we do not know them: retired while we were away, or our memory is lost.

Such a room must not look quiet, so it becomes unavailable at once. It is removed after a while: a recorder that starts
together with us may register it again.
"""

from collections.abc import Collection

from tears.alerter.home_assistant.messages.topics import OFFLINE, Topics

GRACE_SECONDS = 600.0
MOST_LEFTOVERS = 1_000


class Leftovers:
    """Remembers the rooms of which the broker keeps something, by their names in topics. No I/O."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._found_at_seconds: dict[str, float] = {}

    def add(self, name: str, now_seconds: float) -> None:
        """Note that the broker keeps something of a room."""
        if len(self._found_at_seconds) < MOST_LEFTOVERS:
            self._found_at_seconds.setdefault(name, now_seconds)

    def held_back(self, shown: Collection[str]) -> dict[str, bytes]:
        """Return the messages that make the rooms unavailable that are not among the shown ones."""
        for name in [name for name in self._found_at_seconds if name in shown]:
            del self._found_at_seconds[name]
        return {self._topics.availability(name): OFFLINE for name in self._found_at_seconds}

    def to_remove(self, shown: Collection[str], now_seconds: float) -> list[str]:
        """Return, once, all topics of the rooms that have been given up."""
        given_up = [
            name
            for name, found_at_seconds in self._found_at_seconds.items()
            if name not in shown and now_seconds - found_at_seconds >= GRACE_SECONDS
        ]
        for name in given_up:
            del self._found_at_seconds[name]
        return [topic for name in given_up for topic in self._topics.retained_of_room(name)]
