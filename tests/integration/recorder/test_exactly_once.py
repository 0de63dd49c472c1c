"""The publisher on a real Redis with faults between them: each chunk arrives once, whatever happens."""

import contextlib
import threading
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tears.kit.clock import ManualClock
from tears.kit.errors import MessageError, MicTakenError
from tears.kit.health import Health
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.streams.names import BODY, chunks, lease
from tears.recorder.errors import StreamMovedError
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.chunk_stream import ChunkStream, Publication
from tears.recorder.publish.publisher import Publisher
from tears.recorder.publish.registration import Registration
from tears.recorder.publish.shared_spool import SharedSpool

STREAM = chunks("nursery")
RECORD = MicRecord(mic="nursery", sample_rate_hz=10, channels=1, device="d", session="mine", heartbeat_seconds=0)

# What can happen to one attempt to publish, besides the errors below.
DISTURBANCES = (
    "arrives and fails",
    "is given up and arrives later",
    "finds the streams wiped",
    "finds an empty stream in their place",
    "finds an older copy",
    "finds chunks of another recorder",
    "finds the name taken",
)
REFUSALS: dict[str, redis.RedisError] = {
    "fails before it arrives": RedisConnectionError("refused"),
    "finds the memory full": OutOfMemoryError("maxmemory"),
    "finds the disk full": ResponseError("MISCONF no room on the disk"),
}


def chunk(at: int, *, session: str = "mine", ends_session: bool = False) -> AudioChunk:
    return AudioChunk(
        mic="nursery",
        session=session,
        first_sample=10 * at,
        sample_rate_hz=10,
        channels=1,
        pcm=b"" if ends_session else bytes([at]) * 20,
        captured_at_seconds=0.0,
        ends_session=ends_session,
    )


CHUNK_OF_ANOTHER = chunk(3, session="another")


class FaultyStream(ChunkStream):
    """The real stream with a fault for each of the first attempts to publish; an empty text is no fault."""

    def __init__(self, client: redis.Redis, faults: list[str]) -> None:
        super().__init__(client, mic="nursery", owner="me", lease_seconds=5, most_entries=1_000, look_back_entries=10)
        self._client = client
        self._faults = list(faults)
        self._late: tuple[AudioChunk, MicRecord, bytes] | None = None

    def publish(self, chunk: AudioChunk, record: MicRecord, after: bytes) -> Publication:
        self._carry_out_late()
        fault = self._faults.pop(0) if self._faults else ""
        if fault in REFUSALS:
            raise REFUSALS[fault]
        if fault == "is given up and arrives later":
            self._late = (chunk, record, after)
            raise RedisTimeoutError("no answer")
        self._disturb(fault)
        publication = super().publish(chunk, record, after)
        if fault == "arrives and fails":
            raise RedisTimeoutError("no answer")
        return publication

    def _disturb(self, fault: str) -> None:
        match fault:
            case "finds the streams wiped":
                self._client.flushdb()
            case "finds an empty stream in their place":
                self._client.flushdb()
                self._client.xgroup_create(STREAM, "preprocessor", id="0", mkstream=True)
            case "finds an older copy":
                newest: Any = self._client.xrevrange(STREAM, count=3)
                self._client.xdel(STREAM, *[entry_id for entry_id, _ in newest] or [b"0-1"])
            case "finds chunks of another recorder":
                for _ in range(9):
                    self._client.xadd(STREAM, {BODY: CHUNK_OF_ANOTHER.encode()})
                self._client.xadd(STREAM, {BODY: b"not a chunk"})
            case "finds the name taken":
                self._client.set(lease("nursery"), "another", px=2)

    def _carry_out_late(self) -> None:
        if self._late is None:
            return
        late, self._late = self._late, None
        with contextlib.suppress(StreamMovedError, MicTakenError):
            super().publish(*late)


class PublisherRun:
    """A publisher and what it needs. 30 chunks are in the spool, and the session has ended."""

    def __init__(self, stream: ChunkStream) -> None:
        clock = ManualClock()
        self.registry = CollectorRegistry()
        spool = SharedSpool(max_seconds=1_000, max_bytes=1_000_000, clock=clock)
        spool.begin_session(sample_rate_hz=10)
        self.chunks = [*(chunk(at) for at in range(30)), chunk(30, ends_session=True)]
        for one in self.chunks:
            spool.put(one)
        spool.close()
        self.publisher = Publisher(
            spool=spool,
            stream=stream,
            registration=Registration(RECORD),
            lag_chunks=None,
            metrics=RecorderMetrics("nursery", self.registry),
            health=Health(clock),
            clock=clock,
            stop=threading.Event(),
        )

    def metric(self, name: str) -> float | None:
        return self.registry.get_sample_value(f"tears_recorder_{name}", {"mic": "nursery"})


def published_by_us(client: redis.Redis) -> list[AudioChunk]:
    entries: Any = client.xrange(STREAM)
    found = []
    for _, fields in entries:
        with contextlib.suppress(MessageError):
            found.append(AudioChunk.decode(fields[BODY]))
    return [one for one in found if one.session == "mine"]


@given(faults=st.lists(st.sampled_from(["", "", "", *REFUSALS, *DISTURBANCES]), max_size=45))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_every_chunk_arrives_once_and_in_order(client: redis.Redis, faults: list[str]) -> None:
    client.flushdb()
    run = PublisherRun(FaultyStream(client, faults))

    run.publisher.run()

    assert published_by_us(client) == run.chunks
    assert read_mics(client)["nursery"].state == "ended"
    assert client.get(lease("nursery")) is None


@pytest.mark.parametrize("place", [0, 1, 15, 30])
@pytest.mark.parametrize("fault", [*REFUSALS, *DISTURBANCES])
def test_after_each_single_fault_every_chunk_arrives_once(client: redis.Redis, fault: str, place: int) -> None:
    run = PublisherRun(FaultyStream(client, [""] * place + [fault]))

    run.publisher.run()

    assert published_by_us(client) == run.chunks


def test_chunks_that_are_sent_again_are_counted(client: redis.Redis) -> None:
    run = PublisherRun(FaultyStream(client, [""] * 10 + ["finds the streams wiped"]))

    run.publisher.run()

    assert run.metric("resent_chunks_total") == 10
    assert run.metric("chunks_total") == 41
    assert run.metric("dropped_samples_total") == 0


def test_a_chunk_that_arrived_without_an_answer_is_not_sent_again(client: redis.Redis) -> None:
    run = PublisherRun(FaultyStream(client, [""] * 10 + ["arrives and fails"]))

    run.publisher.run()

    assert run.metric("resent_chunks_total") == 0
    assert run.metric("chunks_total") == 30  # the chunk without an answer is not counted
    assert run.metric("redis_failures_total") == 1


def test_the_publisher_finds_its_own_chunks_before_those_of_another_session(client: redis.Redis) -> None:
    run = PublisherRun(FaultyStream(client, [""] * 10 + ["finds chunks of another recorder"]))

    run.publisher.run()

    assert run.metric("resent_chunks_total") == 0
    assert client.xlen(STREAM) == 31 + 10
