"""The Redis side of one microphone: its stream, the lease on its name, and its place in the registry."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import OutOfMemoryError, ResponseError

from tears.kit.errors import MessageError, MicTakenError
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names, scripts
from tears.recorder.errors import StreamMovedError

logger = logging.getLogger(__name__)

# 4 s at 96 KB each: the newest entry is nearly always the one that is looked for.
PAGE_ENTRIES = 4
# Where the id of an entry belongs and there is none.
NO_ENTRY = b"0-0"


@dataclass(frozen=True, kw_only=True)
class StreamConfig:
    """How to write.

    Attributes:
        mic: name of the microphone.
        owner: who holds the lease: unique to this process.
        lease_seconds: how long it lasts without a word of ours.
        most_entries: length that the stream is trimmed to.
        look_back_entries: what stays behind the oldest unfinished entry when Redis is full.
    """

    mic: str
    owner: str
    lease_seconds: float
    most_entries: int
    look_back_entries: int


@dataclass(frozen=True)
class Published:
    """The id of the new entry, and how many were trimmed for it before the preprocessor had drawn them."""

    entry_id: bytes
    trimmed_unread: int


class ChunkStream:
    """Each call is one round trip or a few. All raise redis-py's errors as they are."""

    def __init__(self, client: redis.Redis, config: StreamConfig) -> None:
        self._redis = client
        self._config = config
        self._stream = names.chunks(config.mic)
        self._lease = names.lease(config.mic)
        self._lease_milliseconds = int(config.lease_seconds * 1000)
        self._publish = client.register_script(scripts.PUBLISH)
        self._keep = client.register_script(scripts.LEASE)
        self._shed = client.register_script(scripts.SHED)

    def publish(self, chunk: AudioChunk, record: MicRecord, after: bytes) -> Published:
        """Adds a chunk, renews the lease and the registry's record, and trims, in one step.

        Args:
            chunk: to publish.
            record: for the registry.
            after: id of the entry that the stream must end with, so that no call is carried out twice, however late.

        Raises:
            MicTakenError: another holds the lease; nothing was published.
            StreamMovedError: the stream ends with another entry; nothing was published.
        """
        config = self._config
        reply: Any = self._publish(
            keys=[self._lease, self._stream, names.MICS_HASH],
            args=[
                config.owner,
                self._lease_milliseconds,
                chunk.encode(),
                config.most_entries,
                names.PREPROCESSOR_GROUP,
                config.mic,
                record.encode(),
                after,
            ],
        )
        if reply[0] == b"TAKEN":
            raise self._taken(reply[1])
        if reply[0] == b"MOVED":
            raise StreamMovedError(f"{self._stream} does not end with {after.decode()}")
        return Published(entry_id=reply[2], trimmed_unread=reply[1])

    def announce(self, record: MicRecord) -> None:
        """Takes or renews the lease, and puts `record` into the registry.

        Raises:
            MicTakenError: another holds the lease.
        """
        if not self._keep(keys=[self._lease], args=[self._config.owner, self._lease_milliseconds]):
            holder: Any = self._redis.get(self._lease)
            raise self._taken(holder)
        self._redis.hset(names.MICS_HASH, self._config.mic, record.encode())

    def leave(self, record: MicRecord) -> None:
        """Puts a last record into the registry and gives the lease back; neither, if the lease is another's."""
        if not self._keep(keys=[self._lease], args=[self._config.owner, self._lease_milliseconds]):
            return
        # A full Redis refuses even this. The record's heartbeat grows old then, which says nearly the same.
        with contextlib.suppress(OutOfMemoryError):
            self._redis.hset(names.MICS_HASH, self._config.mic, record.encode())
        self._keep(keys=[self._lease], args=[self._config.owner, 0])

    def last_id(self) -> bytes:
        """Of the stream's last entry; `NO_ENTRY` if there is none."""
        page: Any = self._redis.xrevrange(self._stream, count=1)
        return bytes(page[0][0]) if page else NO_ENTRY

    def newest(self, *sessions: str) -> tuple[bytes, AudioChunk | None]:
        """How the stream ends.

        Returns:
            What `last_id` would, and the newest chunk of any of `sessions` in the stream.
        """
        last_id = NO_ENTRY
        before = b"+"
        while True:
            page: Any = self._redis.xrevrange(self._stream, before, "-", count=PAGE_ENTRIES)
            if page and last_id == NO_ENTRY:
                last_id = page[0][0]
            for entry_id, fields in page:
                chunk = _decode(entry_id, fields)
                if chunk is not None and chunk.session in sessions:
                    return last_id, chunk
            if len(page) < PAGE_ENTRIES:
                return last_id, None
            before = b"(" + page[-1][0]

    def unfinished(self) -> int:
        """Chunks that the preprocessor has still to draw or to finish; all of them, while it has no group."""
        try:
            groups: Any = self._redis.xinfo_groups(self._stream)
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            return 0
        for group in groups:
            if group["name"] == names.PREPROCESSOR_GROUP.encode():
                lag = group["lag"]
                if lag is None:  # Redis cannot tell by its counters
                    drawn_until = b"(" + group["last-delivered-id"]
                    undrawn: Any = self._redis.xrange(self._stream, drawn_until, "+")
                    lag = len(undrawn)
                return int(lag) + int(group["pending"])
        return int(self._redis.xlen(self._stream))

    def shed(self) -> int:
        """Takes finished entries out of the stream, down to what windows still look back on; returns how many."""
        reply: Any = self._shed(keys=[self._stream], args=[names.PREPROCESSOR_GROUP, self._config.look_back_entries])
        return int(reply)

    def _taken(self, owner: bytes | None) -> MicTakenError:
        by = owner.decode(errors="replace") if owner else "another recorder"
        return MicTakenError(
            f"the microphone name {self._config.mic} is taken by {by}; "
            "stop that recorder, or give this one another name with TEARS_RECORDER_MIC"
        )


def _decode(entry_id: bytes, fields: dict[bytes, bytes]) -> AudioChunk | None:
    try:
        return AudioChunk.decode(fields.get(names.BODY, b""))
    except MessageError as error:
        logger.warning("passing over entry %s: %s", entry_id.decode(), error)
        return None
