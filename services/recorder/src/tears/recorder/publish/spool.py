"""The last minutes of sound in memory: chunks to be sent, and chunks that may have to be sent again. Pure."""

from collections import deque

from tears.kit.messages import AudioChunk

# The place after a chunk: the number of its session in this spool, the sample after it, and whether it is the session's
# last. Every chunk has a later position than the one before, even the empty chunk at the end.
Position = tuple[int, int, bool]
SPOOL_START: Position = (-1, 0, False)


class Spool:
    """Keep chunks in order, sent and unsent, and the position of the next one to be sent. Not thread-safe.

    A session that breaks off is followed by another. The spool knows the sessions of which it keeps chunks, and the
    newest one.

    A chunk that `next` has returned stays in the spool until the caller calls `sent` or, if it does not know whether
    the stream has the chunk, `resume_after` or `rewind`. A full spool drops its oldest chunks, but never that one, and
    never the newest.
    """

    def __init__(self, *, max_samples: int, max_bytes: int) -> None:
        # Changes with the sample rate of the session.
        self.max_samples = max_samples
        self._max_bytes = max_bytes
        self._chunks: deque[AudioChunk] = deque()
        self._samples = 0
        # The size of all sound that is kept, sent and unsent.
        self.kept_bytes = 0
        # All chunks up to this position are in the stream, as far as we know.
        self._cursor = SPOOL_START
        # The furthest position that the cursor has ever had.
        self._accepted = SPOOL_START
        self._in_hand: AudioChunk | None = None
        # The number of each session by its name, oldest first.
        self._numbers: dict[str, int] = {}
        self._next_number = 0

    @property
    def sessions(self) -> tuple[str, ...]:
        """Return the names of the known sessions, oldest first."""
        return tuple(self._numbers)

    def append(self, chunk: AudioChunk) -> int:
        """Add the newest chunk; return how many samples were dropped for it that no stream has ever had."""
        if chunk.session not in self._numbers:
            self._numbers[chunk.session] = self._next_number
            self._next_number += 1
        self._chunks.append(chunk)
        self._samples += chunk.samples
        self.kept_bytes += len(chunk.pcm)
        dropped_samples = 0
        while self._samples > self.max_samples or self.kept_bytes > self._max_bytes:
            # Keep the chunk in hand. Chunks before it were sent and go first, so it is passed over at most once.
            at = 1 if self._chunks[0] is self._in_hand else 0
            if at >= len(self._chunks) - 1:
                break
            dropped_samples += self._drop(at)
        while next(iter(self._numbers)) != self._chunks[0].session:
            del self._numbers[next(iter(self._numbers))]
        return dropped_samples

    def next(self) -> AudioChunk | None:
        """Return the oldest chunk to be sent; None if there is none."""
        self._in_hand = next(iter(self._unsent()), None)
        return self._in_hand

    def sent(self, chunk: AudioChunk) -> bool:
        """Note that the stream has accepted `chunk`, which `next` returned; return whether it had been sent before."""
        is_repeat = self._position(chunk) <= self._accepted
        self._move(self._position(chunk))
        return is_repeat

    def resume_after(self, session: str, end_sample: int, *, ended: bool = False) -> None:
        """Continue after the last chunk that the stream holds; chunks that it lacks are sent again, if they are kept.

        That chunk ends before `end_sample` of its session, and is the session's last if it has `ended`. If the spool
        does not know the session, this is a `rewind`.
        """
        if session in self._numbers:
            self._move((self._numbers[session], end_sample, ended))
        else:
            self.rewind()

    def has_made(self, session: str, end_sample: int, *, ended: bool) -> bool:
        """Return whether the newest chunk that was put is that chunk or a later one."""
        if session not in self._numbers:
            return False
        return (self._numbers[session], end_sample, ended) <= self._position(self._chunks[-1])

    def rewind(self) -> None:
        """Start again from the oldest chunk that is kept: the stream has no chunk of these sessions."""
        self._move(SPOOL_START)

    @property
    def unsent_seconds(self) -> float:
        """Return the length of the unsent sound."""
        return sum(chunk.samples / chunk.sample_rate_hz for chunk in self._unsent())

    @property
    def unsent_samples(self) -> int:
        """Return the number of unsent samples per channel."""
        return sum(chunk.samples for chunk in self._unsent())

    @property
    def has_unsent(self) -> bool:
        """Return whether `next` would return a chunk."""
        return bool(self._chunks) and self._position(self._chunks[-1]) > self._cursor

    def _unsent(self) -> list[AudioChunk]:
        # From the newest back, because only the end of a spool is unsent, except after a rewind.
        unsent: deque[AudioChunk] = deque()
        for chunk in reversed(self._chunks):
            if self._position(chunk) <= self._cursor:
                break
            unsent.appendleft(chunk)
        return list(unsent)

    def _move(self, to: Position) -> None:
        self._cursor = to
        self._accepted = max(self._accepted, to)
        self._in_hand = None

    def _drop(self, at: int) -> int:
        chunk = self._chunks[at]
        del self._chunks[at]
        self._samples -= chunk.samples
        self.kept_bytes -= len(chunk.pcm)
        return chunk.samples if self._position(chunk) > self._accepted else 0

    def _position(self, chunk: AudioChunk) -> Position:
        return (self._numbers[chunk.session], chunk.end_sample, chunk.ends_session)
