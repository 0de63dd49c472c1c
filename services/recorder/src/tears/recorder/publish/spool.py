"""The last minutes of a session in memory: what is to be sent, and what may have to be sent again."""

from __future__ import annotations

from collections import deque

from tears.kit.messages import AudioChunk

# How far things have come: which session of this spool, the sample after the chunk, and whether it was the last. Each
# chunk moves it forward, the empty one at the end too.
Position = tuple[int, int, bool]
START: Position = (-1, 0, False)


class Spool:
    """Chunks in order, sent and unsent, and the place of the next one to be sent. Pure; not thread-safe.

    A session that breaks off is followed by another: those of which something is kept, and the newest, are known here.

    `next` hands out a chunk and keeps it until its fate is known: `sent`, or `resume_after` and `rewind` when it is not
    known whether the stream has it. When the spool is full the oldest go, never that one, and never the newest.
    """

    def __init__(self, *, max_samples: int, max_bytes: int) -> None:
        self._max_samples = max_samples
        self._max_bytes = max_bytes
        self._chunks: deque[AudioChunk] = deque()
        self._samples = 0
        self._bytes = 0
        # Everything up to here is in the stream, as far as we know.
        self._cursor = START
        # The furthest that the cursor has ever been.
        self._accepted = START
        self._in_hand: AudioChunk | None = None
        # Number by name, from the first session on; the oldest first.
        self._numbers: dict[str, int] = {}
        self._next_number = 0

    @property
    def sessions(self) -> tuple[str, ...]:
        """Those that are known, the oldest first."""
        return tuple(self._numbers)

    def resize(self, max_samples: int) -> None:
        """The next session counts its samples at another rate."""
        self._max_samples = max_samples

    def append(self, chunk: AudioChunk) -> int:
        """Adds the newest chunk.

        Returns:
            Samples that were dropped for it and that no stream has ever had.
        """
        if chunk.session not in self._numbers:
            self._numbers[chunk.session] = self._next_number
            self._next_number += 1
        self._chunks.append(chunk)
        self._samples += chunk.samples
        self._bytes += len(chunk.pcm)
        dropped_samples = 0
        while self._is_over_full():
            # The chunk in hand is the oldest or lies behind what was sent: it is passed over here at most once.
            at = 1 if self._chunks[0] is self._in_hand else 0
            if at >= len(self._chunks) - 1:
                break
            dropped_samples += self._drop(at)
        while next(iter(self._numbers)) != self._chunks[0].session:
            del self._numbers[next(iter(self._numbers))]
        return dropped_samples

    def next(self) -> AudioChunk | None:
        """The oldest chunk that is to be sent; None if there is none."""
        self._in_hand = next((chunk for chunk in self._unsent()), None)
        return self._in_hand

    def sent(self, chunk: AudioChunk) -> bool:
        """The stream has taken `chunk`, which `next` gave.

        Returns:
            Whether it had been sent before.
        """
        is_repeat = self._position(chunk) <= self._accepted
        self._move(self._position(chunk))
        return is_repeat

    def resume_after(self, session: str, end_sample: int, *, ended: bool = False) -> None:
        """Takes the stream's word for how far it has come; chunks that it lacks are sent again, as far as kept.

        Args:
            session: of the chunk that the stream holds last; if it is not known here, see `rewind`.
            end_sample: the sample after that chunk.
            ended: whether it was the session's last.
        """
        if session in self._numbers:
            self._move((self._numbers[session], end_sample, ended))
        else:
            self.rewind()

    def rewind(self) -> None:
        """Starts again from the oldest chunk that is kept: the stream has nothing of these sessions."""
        self._move(START)

    @property
    def unsent_seconds(self) -> float:
        """Each chunk's by its own rate."""
        return sum(chunk.samples / chunk.sample_rate_hz for chunk in self._unsent())

    @property
    def unsent_samples(self) -> int:
        """Per channel."""
        return sum(chunk.samples for chunk in self._unsent())

    @property
    def has_unsent(self) -> bool:
        """Whether `next` would give a chunk."""
        return bool(self._chunks) and self._position(self._chunks[-1]) > self._cursor

    @property
    def kept_bytes(self) -> int:
        """Of sound, sent and unsent."""
        return self._bytes

    def _unsent(self) -> list[AudioChunk]:
        # From the newest back, since it is only the end of a spool that is unsent, but for the rare rewind.
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

    def _is_over_full(self) -> bool:
        return self._samples > self._max_samples or self._bytes > self._max_bytes

    def _drop(self, at: int) -> int:
        chunk = self._chunks[at]
        del self._chunks[at]
        self._samples -= chunk.samples
        self._bytes -= len(chunk.pcm)
        return chunk.samples if self._position(chunk) > self._accepted else 0

    def _position(self, chunk: AudioChunk) -> Position:
        return (self._numbers[chunk.session], chunk.end_sample, chunk.ends_session)
