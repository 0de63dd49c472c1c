"""What the broker keeps of us, and what it should: decides what to send. No I/O.

The newest wins: a message that was not sent before the next one for its topic came is never sent. So nothing piles up
while the broker is away, and when it returns each topic gets its present state.
"""

from collections.abc import Iterable, Mapping

# A measurement changes with each second of sound; so often it would only fill the database of Home Assistant.
MEASUREMENT_SECONDS = 10.0
# The last message of a topic whose content at the broker is not known.
_UNKNOWN = None


class RetainedMessages:
    """Compares what each topic should have with what was sent."""

    def __init__(self) -> None:
        self._wanted: dict[str, bytes] = {}
        self._seldom: frozenset[str] = frozenset()
        # What the broker has, as far as we know; a topic of which we know only that it has something is unknown.
        self._held: dict[str, bytes | None] = {}
        self._sent_at_seconds: dict[str, float] = {}

    def want(self, changes: Mapping[str, bytes], measurements: Mapping[str, bytes]) -> None:
        """Say what all topics should have from now on, in the order of sending; the others should have nothing."""
        self._wanted = {**measurements, **changes}
        self._seldom = frozenset(measurements)

    def want_also(self, changes: Mapping[str, bytes]) -> None:
        """Say what some topics should have; the others stay as they are wanted."""
        self._wanted = {**self._wanted, **changes}

    def due(self, now_seconds: float) -> list[tuple[str, bytes]]:
        """Return what to send now; an empty payload makes the broker forget a topic."""
        removed = [(topic, b"") for topic in self._held if topic not in self._wanted]
        return removed + [
            (topic, payload) for topic, payload in self._wanted.items() if self._is_due(topic, now_seconds)
        ]

    def note_sent(self, topic: str, payload: bytes, now_seconds: float) -> None:
        """Note that a message has been handed to the connection."""
        if payload:
            self._held[topic] = payload
            self._sent_at_seconds[topic] = now_seconds
        else:
            self._held.pop(topic, None)
            self._sent_at_seconds.pop(topic, None)

    def forget_contents(self, topics: Iterable[str] | None = None) -> None:
        """Note that these topics, or all, may have other content now, so that they are sent again."""
        for topic in list(self._held) if topics is None else topics:
            self._held[topic] = _UNKNOWN
            self._sent_at_seconds.pop(topic, None)

    def note_foreign(self, topic: str, payload: bytes) -> None:
        """Note what somebody wrote to a topic; if it is not what the topic should have, that is sent again."""
        if topic in self._wanted and self._wanted[topic] != payload:
            self.forget_contents([topic])

    def _is_due(self, topic: str, now_seconds: float) -> bool:
        if self._held.get(topic) == self._wanted[topic]:
            return False
        sent_at_seconds = self._sent_at_seconds.get(topic)
        is_early = sent_at_seconds is not None and now_seconds - sent_at_seconds < MEASUREMENT_SECONDS
        return not (topic in self._seldom and is_early)
