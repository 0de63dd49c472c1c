"""Chunks that are given up: their tombstones are those of the stream, and no sound is read for them again."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import redis
from prometheus_client import CollectorRegistry
from support.sound.chunks import chunk

from tears.kit.clock import ManualClock
from tears.kit.messages import AudioChunk, AudioWindow, TombstoneReason
from tears.kit.streams import names
from tears.kit.streams.delivery import Delivery, ProvisionalOutputs
from tears.preprocessor.handler import TicketHandler
from tears.preprocessor.last_levels import LastLevels
from tears.preprocessor.lookback import MOST_REMEMBERED_BYTES, Lookback
from tears.preprocessor.metrics import PreprocessorMetrics

RATE_HZ = 8_000
SECOND = np.ones(RATE_HZ, np.int16)
STREAM = names.chunks("nursery")


def handler(client: redis.Redis, most_bytes: int = MOST_REMEMBERED_BYTES) -> TicketHandler:
    metrics = PreprocessorMetrics(CollectorRegistry())
    return TicketHandler(
        lookback=Lookback(client, most_bytes),
        levels=LastLevels(metrics.level_dbfs, None),
        clock=ManualClock(),
        metrics=metrics,
        hop_seconds=1.0,
        gain_db=None,
    )


def add(client: redis.Redis, *chunks: AudioChunk) -> list[Delivery]:
    found = []
    for one in chunks:
        entry_id: Any = client.xadd(STREAM, {names.BODY: one.encode()})
        found.append(Delivery(STREAM, bytes(entry_id), one.encode()))
    return found


def give_up(one: TicketHandler, delivery: Delivery) -> list[tuple[int, TombstoneReason]]:
    """Give a chunk up, as if the guess of the handler were right; return index and reason of its tombstones."""
    outputs = one.give_up(delivery, "it had waited for 9.0 s")
    bodies: Sequence[bytes]
    if isinstance(outputs, ProvisionalOutputs):
        outputs.confirm()
        bodies = outputs.bodies
    else:
        bodies = outputs
    windows = map(AudioWindow.decode, bodies)
    return [(window.header.index, window.tombstone.reason) for window in windows if window.tombstone is not None]


def seconds(count: int, first: int = 0) -> list[AudioChunk]:
    return [chunk(SECOND, second * RATE_HZ) for second in range(first, first + count)]


@pytest.mark.parametrize("most_bytes", [MOST_REMEMBERED_BYTES, 0])
def test_what_is_remembered_changes_no_tombstone(redis_client: redis.Redis, most_bytes: int) -> None:
    stream = [
        *seconds(12),
        *seconds(2, first=11),  # a repeat, and what follows it
        *seconds(12, first=20),  # after a gap
        chunk(SECOND, 32 * RATE_HZ, ends_session=True),
    ]
    deliveries = add(redis_client, *stream)
    remembers = handler(redis_client, most_bytes)
    found = [give_up(remembers, one) for one in deliveries]
    assert found == [give_up(handler(redis_client), one) for one in deliveries]
    assert [index for index, _ in itertools.chain(*found)] == list(range(30))


@pytest.mark.parametrize("most_bytes", [MOST_REMEMBERED_BYTES, 0])
def test_nothing_is_read_for_a_chunk_that_is_given_up(redis_client: redis.Redis, most_bytes: int) -> None:
    one = handler(redis_client, most_bytes)
    for delivery in add(redis_client, *seconds(12)):
        give_up(one, delivery)
    new = add(redis_client, *seconds(10, first=12))
    before = commands(redis_client)
    for delivery in new:
        assert len(give_up(one, delivery)) == 1
    assert commands(redis_client) == before + 1


def test_windows_that_are_given_up_count_when_their_tombstones_are_written(redis_client: redis.Redis) -> None:
    one = handler(redis_client)
    *_, last = add(redis_client, *seconds(5))

    def counted() -> float:
        counter: Any = one.metrics.overloaded_windows.labels("nursery")
        return float(counter._value.get())

    outputs = one.give_up(last, "it had waited for 9.0 s")
    assert counted() == 0
    assert isinstance(outputs, ProvisionalOutputs)
    outputs.confirm()
    assert counted() == 1


def commands(client: redis.Redis) -> int:
    found: Any = client.info("stats")
    return int(found["total_commands_processed"])
