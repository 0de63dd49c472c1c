"""The Redis side of one microphone: its stream, the lease on its name, and its record in the registry."""

import contextlib
import logging
from typing import Any, NamedTuple

import redis
from redis.exceptions import OutOfMemoryError, ResponseError

from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.redis_client import is_stream_missing
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names
from tears.kit.streams.lua_scripts import load_script
from tears.recorder.errors import StreamMovedError
from tears.recorder.publish.kept_chunks import KeptChunks
from tears.recorder.publish.name_lease import NameLease

logger = logging.getLogger(__name__)

_SCRIPTS_PACKAGE = "tears.recorder.publish"
# 4 s at 96 KB each. The newest entry is nearly always the wanted one.
NEWEST_PAGE_ENTRIES = 4
# Stands for the id of the last entry where there is none.
NO_ENTRY = b"0-0"


class Publication(NamedTuple):
    """The id of the new entry, and how many were trimmed for it before the preprocessor had drawn them."""

    entry_id: bytes
    trimmed_unread: int


class ChunkStream:
    """The stream of one microphone. Each call takes one round trip or a few, and raises redis-py's errors unchanged.

    The `owner` of the lease is unique to this process. The stream is trimmed to `most_entries`; when Redis is full,
    `look_back_entries` stay before the oldest unfinished one.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        mic: str,
        owner: str,
        lease_seconds: float,
        most_entries: int,
        look_back_entries: int,
    ) -> None:
        self._redis = client
        self._mic = mic
        self._stream = names.chunks(mic)
        self._lease = NameLease(client, mic=mic, owner=owner, lease_seconds=lease_seconds)
        self._most_entries = most_entries
        self._look_back_entries = look_back_entries
        self.kept_chunks = KeptChunks(most=most_entries, fewest=look_back_entries)
        # The lease is renewed at least this often, so that one attempt may fail.
        self.renew_seconds = lease_seconds / 3
        self._publish_chunk = load_script(client, _SCRIPTS_PACKAGE, "publish_chunk")
        self._trim_finished = load_script(client, _SCRIPTS_PACKAGE, "trim_finished")
        self._count_trimmable = load_script(client, _SCRIPTS_PACKAGE, "count_trimmable")

    def publish(self, chunk: AudioChunk, record: MicRecord, after: bytes) -> Publication:
        """Add a chunk, renew the lease and the registry's record, and trim the stream, all in one step.

        The stream must end with the entry `after`, so that no call takes effect twice, however late.

        Raises:
            MicTakenError: Another recorder holds the lease; nothing was published.
            StreamMovedError: The stream ends with another entry; nothing was published.
        """
        reply: Any = self._publish_chunk(
            keys=[self._lease.key, self._stream, names.MICS_HASH],
            args=[
                self._lease.owner,
                self._lease.milliseconds,
                chunk.encode(),
                self._most_entries,
                names.PREPROCESSOR_GROUP,
                self._mic,
                record.encode(),
                after,
            ],
        )
        if reply[0] == b"TAKEN":
            self._lease.take_over_or_raise()
            raise StreamMovedError(f"{self._stream} may have been written by the recorder that had its name")
        if reply[0] == b"MOVED":
            raise StreamMovedError(f"{self._stream} does not end with {after.decode()}")
        return Publication(entry_id=reply[2], trimmed_unread=reply[1])

    def announce(self, record: MicRecord) -> None:
        """Take or renew the lease, and put `record` into the registry.

        Raises:
            MicTakenError: Another recorder holds the lease.
        """
        if not self._lease.renew():
            self._lease.take_over_or_raise()
        self._redis.hset(names.MICS_HASH, self._mic, record.encode())

    def leave(self, record: MicRecord) -> None:
        """Put a last record into the registry and give the lease back; do neither if another recorder holds it."""
        if not self._lease.renew():
            return
        # A full Redis refuses even this. Then the record's heartbeat grows old, which says nearly the same.
        with contextlib.suppress(OutOfMemoryError):
            self._redis.hset(names.MICS_HASH, self._mic, record.encode())
        self._lease.give_up()

    def newest(self, *sessions: str) -> tuple[bytes, AudioChunk | None]:
        """Return the id of the stream's last entry, or `NO_ENTRY`, and the newest chunk of any of `sessions` in it."""
        last_id = NO_ENTRY
        before = b"+"
        while True:
            page: Any = self._redis.xrevrange(self._stream, before, "-", count=NEWEST_PAGE_ENTRIES)
            if page and last_id == NO_ENTRY:
                last_id = page[0][0]
            for entry_id, fields in page:
                chunk = _decode(entry_id, fields)
                if chunk is not None and chunk.session in sessions:
                    return last_id, chunk
            if len(page) < NEWEST_PAGE_ENTRIES or not sessions:
                return last_id, None
            before = b"(" + page[-1][0]

    def unfinished(self) -> int:
        """Return how many chunks the preprocessor has still to draw or to finish; all, while it has no group."""
        try:
            groups: Any = self._redis.xinfo_groups(self._stream)
        except ResponseError as error:
            if not is_stream_missing(error):
                raise
            return 0
        for group in groups:
            if group["name"] == names.PREPROCESSOR_GROUP.encode():
                lag = group["lag"]
                if lag is None:  # Redis does not know it from its counters
                    drawn_until = b"(" + group["last-delivered-id"]
                    undrawn: Any = self._redis.xrange(self._stream, drawn_until, "+")
                    lag = len(undrawn)
                return int(lag) + int(group["pending"])
        return int(self._redis.xlen(self._stream))

    def room(self, most: int) -> int:
        """Return how many chunks, at most `most`, can be published before one is trimmed that is still needed.

        Needed are the unfinished chunks, drawn or not, and those that their windows look back on.
        """
        free = self._most_entries - int(self._redis.xlen(self._stream))
        if free >= most:
            return most
        keys = [self._stream]
        trimmable: Any = self._count_trimmable(
            keys=keys, args=[names.PREPROCESSOR_GROUP, self._look_back_entries, most]
        )
        return min(most, free + int(trimmable))

    def trim_finished(self) -> int:
        """Remove finished chunks that no window looks back on from a stream in a full Redis; return how many."""
        self.kept_chunks.note_full()
        return self._trim_to_kept()

    def make_room(self) -> int:
        """Remove the oldest finished chunks if the memory of Redis runs short; return how many.

        So it is rarely full: a full one also refuses what other services write, which no chunk is worth.
        """
        memory: Any = self._redis.info("memory")
        limit = int(memory.get("maxmemory", 0))
        self.kept_chunks.note_memory(int(memory.get("used_memory", 0)) / limit if limit else 0.0)
        return self._trim_to_kept() if self.kept_chunks.is_shortened else 0

    def _trim_to_kept(self) -> int:
        args: list[str | int] = [names.PREPROCESSOR_GROUP, self.kept_chunks.kept]
        reply: Any = self._trim_finished(keys=[self._stream], args=args)
        return int(reply)


def _decode(entry_id: bytes, fields: dict[bytes, bytes]) -> AudioChunk | None:
    try:
        return AudioChunk.decode(fields.get(names.BODY, b""))
    except MessageError as error:
        logger.warning("skipping entry %s of the stream: %s", entry_id.decode(), error)
        return None
