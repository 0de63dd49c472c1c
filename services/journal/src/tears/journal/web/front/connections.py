"""Bound how many connections there are, and how long one may take to say what it wants.

uvicorn waits for the rest of a request forever, so a visitor who sends a letter a minute would hold a connection.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final, cast

import h11
from prometheus_client import Counter
from uvicorn.protocols.http.h11_impl import H11Protocol

# How long the head of a request may take.
MOST_HEAD_SECONDS: Final = 10.0
MOST_HEAD_BYTES: Final = 16 * 1024
# Twenty listeners, and some browsers with six connections each.
MOST_CONNECTIONS: Final = 200


class BoundedConnection(H11Protocol):
    """One connection, which is closed if it takes too long, or if it is idle and another one needs its place."""

    # Those of a class that `bounded_connections` makes.
    refused: Counter
    most_head_seconds = MOST_HEAD_SECONDS
    most_connections = MOST_CONNECTIONS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Take what uvicorn gives."""
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self.since_seconds = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, and make room for it."""
        super().connection_made(transport)
        self._begin_to_wait()
        if len(self.connections) > self.most_connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self._deadline is None and self.conn.their_state is h11.IDLE:
            self._begin_to_wait()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE and not self._is_answered_early:
            self._end_to_wait()

    def on_response_complete(self) -> None:
        """Bound how long the rest of a form may take that is answered already, which uvicorn waits for forever."""
        if self._is_answered_early:
            self._begin_to_wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._end_to_wait()
        super().connection_lost(exc)

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def _is_answered_early(self) -> bool:
        """Whether a request is answered whose body has not come whole."""
        return self.conn.their_state is h11.SEND_BODY and self.is_idle

    @property
    def waits_for_visitor(self) -> bool:
        """Whether the rest of a form does not come, or nobody takes the answer."""
        return self.cycle is not None and (self.cycle.more_body or self.flow.write_paused)

    def _begin_to_wait(self) -> None:
        self._deadline = self.loop.call_later(self.most_head_seconds, self.close, "slow")

    def _end_to_wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> None:
        """Close the oldest connection that is idle, or else waits for its visitor: this one, if there is none."""
        others = cast("set[BoundedConnection]", self.connections) - {self}
        doomed = [one for one in others if one.is_idle] or [one for one in others if one.waits_for_visitor] or [self]
        min(doomed, key=lambda one: one.since_seconds).close("many")

    def close(self, reason: str) -> None:
        """Close the connection at once, and count why."""
        self.refused.labels(reason).inc()
        self._end_to_wait()
        self.connections.discard(self)
        self.transport.abort()


def bounded_connections(
    refused_connections: Counter,
    most_seconds: float = MOST_HEAD_SECONDS,
    most: int = MOST_CONNECTIONS,
) -> type[BoundedConnection]:
    """Return the class of the connections of one server, which counts by reason those that it closes."""

    class CountedConnection(BoundedConnection):
        refused = refused_connections
        most_head_seconds = most_seconds
        most_connections = most

    return CountedConnection


def cut_off(connections: Iterable[Any]) -> None:
    """Close connections whatever goes on there; to what answers a request, its visitor has gone away."""
    for one in list(connections):
        one.transport.abort()
