"""Read the chunk streams beside the pipeline, without a group: every other reader still gets every chunk."""

import logging
from collections.abc import Sequence

import redis

from tears.kit.clock import Clock
from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicStreams
from tears.kit.streams import names
from tears.kit.streams.reader import StreamReader

logger = logging.getLogger(__name__)

# How long a read waits for sound; bounds how late a stop is noticed.
FEED_BLOCK_SECONDS = 0.5
# 4 s of each microphone at a time.
_PAGE_CHUNKS = 4
# How often the streams are checked for having been wiped.
_WIPED_CHECK_SECONDS = 3.0


class ChunkFeed:
    """Reads all chunks that are in the streams, then the new ones.

    Chunks come again after `restart`, and after a stream was wiped; the caller has to know which are new.
    """

    def __init__(self, client: redis.Redis, mics: Sequence[str], clock: Clock) -> None:
        """Ask nothing yet; without `mics`, all registered microphones are read, also those that register later."""
        self._reader = StreamReader(client, _PAGE_CHUNKS)
        self.wanted = list(mics)
        self._registered = MicStreams(client, clock.monotonic_seconds)
        self._clock = clock
        self._checked_at_seconds = clock.monotonic_seconds()
        self.mics: list[str] = []
        self.unreadable_chunks = 0

    def restart(self) -> None:
        """Read the streams from their beginning, as `StreamReader.restart` does."""
        self._reader.restart()

    def read(self, block_seconds: float | None = FEED_BLOCK_SECONDS) -> list[tuple[str, AudioChunk]]:
        """Return the next chunks with their microphones, in the order of each.

        Wait at most half a second, or `block_seconds`, for the first; None does not wait.

        Raises redis-py's errors as they are.
        """
        for stream in [names.chunks(mic) for mic in self.wanted] or self._registered():
            self._reader.follow(stream)
        self.mics = sorted(map(_mic_of, self._reader.streams))
        found = []
        for entry in self._reader.read(block_seconds):
            try:
                found.append((_mic_of(entry.stream), AudioChunk.decode(entry.body)))
            except MessageError as error:
                self.unreadable_chunks += 1
                logger.debug("skipping entry %s of %s: %s", entry.entry_id, entry.stream, error)
        now = self._clock.monotonic_seconds()
        if now - self._checked_at_seconds >= _WIPED_CHECK_SECONDS:
            self._checked_at_seconds = now
            self._reader.restart_wiped()
        return found


def _mic_of(stream: str) -> str:
    return stream.removeprefix(names.CHUNKS_PREFIX)
