"""The registry of microphones, written by the recorders: `tears:mics`, a hash of mic -> JSON."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import redis

from tears.kit.redis_client import NO_STREAM_SECONDS
from tears.kit.registry.mic_names import SELF_TEST_MIC, is_room
from tears.kit.registry.mic_state import MicState
from tears.kit.streams import names

logger = logging.getLogger(__name__)

RecordT = TypeVar("RecordT", bound=msgspec.Struct)

_LOOK_UP_SECONDS = 1.0

# The longest lease that a recorder may ask for.
LONGEST_LEASE_SECONDS = 60.0


class MicRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A microphone's device and session.

    Attributes:
        heartbeat_seconds: the wall clock of the last report. It is for display; that it changes shows that the recorder
            lives.
        lease_seconds: how long the recorder's lease on the name lasts.
    """

    mic: str
    sample_rate_hz: int
    channels: int
    device: str
    session: str
    heartbeat_seconds: float
    state: MicState = MicState.LISTENING
    lease_seconds: float = LONGEST_LEASE_SECONDS

    def encode(self) -> bytes:
        """Return the record as JSON."""
        return msgspec.json.encode(self)


def read_mics(client: redis.Redis) -> dict[str, MicRecord]:
    """Return the registered microphones, as `read_records` does."""
    return read_records(client, names.MICS_HASH, MicRecord)


def read_records(client: redis.Redis, key: str, record_type: type[RecordT]) -> dict[str, RecordT]:
    """Return the JSON records of a registry by microphone; log and leave out a record that cannot be read.

    All functions here raise redis-py's errors as they are.
    """
    records = {}
    found: Any = client.hgetall(key)
    for name, body in found.items():
        try:
            records[name.decode()] = msgspec.json.decode(body, type=record_type)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("the record of %r in %s cannot be read: %s", name, key, error)
    return records


class MicStreams:
    """The chunk streams of the registered microphones, looked up once a second, and more often while there are none."""

    def __init__(
        self, client: redis.Redis, monotonic_seconds: Callable[[], float], *, with_self_test: bool = False
    ) -> None:
        """Look up nothing yet; `with_self_test` adds the stream of the alerter's self-test while there is one."""
        self._redis = client
        self._monotonic_seconds = monotonic_seconds
        self._with_self_test = with_self_test
        self._looked_up_at_seconds = float("-inf")
        self._streams: list[str] = []

    def __call__(self) -> list[str]:
        """Return the names of the streams; raises what the client raises."""
        now = self._monotonic_seconds()
        if now - self._looked_up_at_seconds >= (_LOOK_UP_SECONDS if self._streams else NO_STREAM_SECONDS):
            registered: Any = self._redis.hkeys(names.MICS_HASH)
            # Our recorders write only valid UTF-8.
            decoded = (name.decode(errors="replace") for name in registered)
            self._streams = sorted(names.chunks(name) for name in decoded if "\ufffd" not in name and is_room(name))
            if self._with_self_test and self._redis.exists(names.chunks(SELF_TEST_MIC)):
                self._streams.append(names.chunks(SELF_TEST_MIC))
            self._looked_up_at_seconds = now
        return self._streams
