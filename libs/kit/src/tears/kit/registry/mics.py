"""The registry of microphones: `tears:mics`, a hash of mic -> JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec
import redis

from tears.kit.streams import names

logger = logging.getLogger(__name__)

LOOK_UP_SECONDS = 1.0


class MicRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What captures a microphone. `heartbeat_seconds` is the wall clock of the last word; for display only."""

    mic: str
    sample_rate_hz: int
    channels: int
    device: str
    session: str
    heartbeat_seconds: float
    state: str = "listening"

    def encode(self) -> bytes:
        """JSON."""
        return msgspec.json.encode(self)


def read_mics(client: redis.Redis) -> dict[str, MicRecord]:
    """The registered microphones; a record that cannot be read is logged and left out.

    Raises:
        redis.RedisError: as the client raises it.
    """
    records = {}
    found: Any = client.hgetall(names.MICS_HASH)
    for name, body in found.items():
        try:
            records[name.decode()] = msgspec.json.decode(body, type=MicRecord)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("the record of microphone %r in %s cannot be read: %s", name, names.MICS_HASH, error)
    return records


class MicStreams:
    """The chunk streams of the registered microphones, looked up at most once a second."""

    def __init__(self, client: redis.Redis, monotonic_seconds: Callable[[], float]) -> None:
        self._redis = client
        self._monotonic_seconds = monotonic_seconds
        self._looked_up_at_seconds = float("-inf")
        self._streams: list[str] = []

    def __call__(self) -> list[str]:
        """The names; raises what the client raises."""
        now = self._monotonic_seconds()
        if now - self._looked_up_at_seconds >= LOOK_UP_SECONDS:
            registered: Any = self._redis.hkeys(names.MICS_HASH)
            # What is no text no recorder of ours has written.
            decoded = (name.decode(errors="replace") for name in registered)
            self._streams = sorted(names.chunks(name) for name in decoded if "\ufffd" not in name)
            self._looked_up_at_seconds = now
        return self._streams
