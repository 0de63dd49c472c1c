"""The way of a room's sound from the encoder's thread to one listener in the event loop."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

# A listener who is further behind loses the oldest pieces; each has about a second.
MOST_WAITING_PIECES: Final = 4
# One that has taken nothing for about a minute is gone, or asleep; it may connect again.
MOST_DROPPED_IN_A_ROW: Final = 60


class SoundTap:
    """A short queue of pieces, for one listener. Make it in the event loop; `offer` may be called in any thread.

    Attributes:
        dropped_pieces: how many the listener did not take in time.
    """

    def __init__(self) -> None:
        self.dropped_pieces = 0
        self._dropped_in_a_row = 0
        self._pieces: deque[bytes] = deque()
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._is_waking = False
        self._is_closed = False

    def offer(self, piece: bytes) -> None:
        """Append a piece; drop the oldest if the listener is behind. Never blocks."""
        if len(self._pieces) >= MOST_WAITING_PIECES:
            self._pieces.popleft()
            self.dropped_pieces += 1
            self._dropped_in_a_row += 1
        self._pieces.append(piece)
        self._wake()

    @property
    def is_stuck(self) -> bool:
        """Whether the listener has taken nothing for so long that nobody need wait for them."""
        return self._dropped_in_a_row >= MOST_DROPPED_IN_A_ROW

    def close(self) -> None:
        """Let `pieces` end after those that wait."""
        self._is_closed = True
        self._wake()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces as they come, until the tap is closed."""
        while not self._is_closed:
            self._is_waking = False
            self._event.clear()
            while self._pieces:
                self._dropped_in_a_row = 0
                yield self._pieces.popleft()
            if not self._is_waking and not self._is_closed:
                await self._event.wait()

    def _wake(self) -> None:
        # One call at a time waits in the loop, however long the loop does something else.
        if not self._is_waking:
            self._is_waking = True
            try:
                self._loop.call_soon_threadsafe(self._event.set)
            except RuntimeError:
                # The loop is closed: the process ends, and nobody listens any more.
                self._is_closed = True
