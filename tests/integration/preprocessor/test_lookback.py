"""What is remembered of a stream changes nothing: with and without it, the same chunks are found before each entry."""

import itertools
import random
from typing import Any

import numpy as np
import pytest
import redis

from tears.kit.messages import AudioChunk
from tears.kit.streams import names
from tears.kit.streams.names import BODY
from tears.preprocessor.lookback import SILENT_MILLISECONDS, Lookback
from tears.preprocessor.tickets import plan_windows, sound_of

RATE_HZ = 4_000
STREAM = names.chunks("nursery")


_sounds = itertools.count()


def chunk(session: str, first_second: float, seconds: float = 1.0) -> AudioChunk:
    first_sample, samples = round(first_second * RATE_HZ), round(seconds * RATE_HZ)
    # Never the same twice, not even for the same part of a session.
    sound = np.arange(samples) % 1_000 + next(_sounds)
    return AudioChunk(
        mic="nursery",
        session=session,
        first_sample=first_sample,
        sample_rate_hz=RATE_HZ,
        channels=1,
        pcm=sound.astype("<i2").tobytes(),
        captured_at_seconds=first_second,
    )


# Never twice the same, as with a clock that goes on between a deletion and the next entry.
_clock_milliseconds = itertools.count(1_000)


def add(client: redis.Redis, body: bytes, stream: str = STREAM) -> bytes:
    entry_id: Any = client.xadd(stream, {BODY: body}, id=f"{next(_clock_milliseconds)}-0")
    return bytes(entry_id)


def identities(found: list[AudioChunk]) -> list[tuple[str, int]]:
    return [(one.session, one.first_sample) for one in found]


def windows(ticket: AudioChunk, before: list[AudioChunk]) -> list[str]:
    """Return what the windows of a ticket are made of, to be compared."""
    planned = plan_windows(ticket, before, 1.0)
    sounds = [sound_of(place, ticket, before) for place in planned.windows]
    return [repr(planned), *(one.tobytes().hex() if isinstance(one, np.ndarray) else repr(one) for one in sounds)]


class TwoReplicas:
    """Two that remember, each of which draws some of the chunks, beside one that remembers nothing."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.replicas = [Lookback(client), Lookback(client)]
        self.right_guesses = 0

    def check(self, draw: int, entry_id: bytes, ticket: AudioChunk) -> None:
        recalled = self.replicas[draw].recall(STREAM, entry_id, ticket)
        if recalled is not None and self._is_directly_before(recalled.predecessor, entry_id):
            found = recalled.chunks
            recalled.confirm()
            self.right_guesses += 1
        else:
            found = self.replicas[draw].chunks_before(STREAM, entry_id, ticket)
        wanted = Lookback(self.client).chunks_before(STREAM, entry_id, ticket)
        assert identities(found) == identities(wanted)
        assert windows(ticket, found) == windows(ticket, wanted)

    def _is_directly_before(self, predecessor: bytes, entry_id: bytes) -> bool:
        entries: Any = self.client.xrevrange(STREAM, b"(" + entry_id, predecessor)
        return [found for found, _ in entries] == [predecessor]


@pytest.mark.parametrize("seed", range(20))
def test_two_replicas_find_what_one_without_a_memory_finds(redis_client: redis.Redis, seed: int) -> None:
    rng = random.Random(seed)
    both = TwoReplicas(redis_client)
    late: list[tuple[bytes, AudioChunk]] = []
    session, at_seconds = "s0", 0.0
    length = rng.choice([0.25, 1.0, 2.0])
    draws = 0
    for k in range(80):
        # Often enough one draws more in a row than the other remembers.
        draws = 1 - draws if rng.random() < 0.1 else draws
        event = rng.random()
        if event < 0.05:
            add(redis_client, b"garbage")
        elif event < 0.10:
            session, at_seconds = f"s{k}", rng.choice([0.0, 7.0])
        elif event < 0.15:
            # The recorder sends again what Redis may have lost.
            at_seconds = max(0.0, at_seconds - rng.choice([1.0, 4.0, 9.0]))
        elif event < 0.18:
            redis_client.delete(STREAM)
            late.clear()
        new = chunk(session, at_seconds, length)
        at_seconds += length
        entry_id = add(redis_client, new.encode())
        if rng.random() < 0.15:
            late.append((entry_id, new))
        else:
            both.check(draws, entry_id, new)
        if late and rng.random() < 0.2:
            both.check(draws, *late.pop(0))
    assert both.right_guesses > 0 or length != 1.0


def test_only_what_is_new_is_fetched(redis_client: redis.Redis) -> None:
    lookback = Lookback(redis_client)
    chunks = [chunk("s1", second) for second in range(30)]
    ids = [add(redis_client, one.encode()) for one in chunks]
    for k in range(10, 20):
        lookback.chunks_before(STREAM, ids[k], chunks[k])
    sent_bytes = output_bytes(redis_client)
    for k in range(20, 30):
        assert identities(lookback.chunks_before(STREAM, ids[k], chunks[k]))[0] == ("s1", (k - 1) * RATE_HZ)
    # Ten times less than one chunk for each window.
    assert output_bytes(redis_client) - sent_bytes < len(chunks[0].pcm)


def output_bytes(client: redis.Redis) -> int:
    found: Any = client.info("stats")
    return int(found["total_net_output_bytes"])


def test_rooms_that_take_turns_do_not_push_each_other_out_and_a_silent_one_is_forgotten(
    redis_client: redis.Redis,
) -> None:
    # Five chunks of a second of each of two rooms, and half of a third.
    lookback = Lookback(redis_client, most_bytes=12 * 2 * RATE_HZ)

    def hear(mics: str, seconds: range) -> set[str]:
        for second in seconds:
            for mic in mics:
                new = chunk("s1", second)
                lookback.chunks_before(names.chunks(mic), add(redis_client, new.encode(), names.chunks(mic)), new)
        remembered = lookback._remembered.items()
        return {stream for stream, entries in remembered if any(one.chunk and one.chunk.pcm for one in entries)}

    kept = hear("abcd", range(30))
    assert len(kept) == 2
    for mic in "abcd":
        assert hear(mic, range(30, 31)) == kept
    for _ in range(SILENT_MILLISECONDS):
        next(_clock_milliseconds)
    assert hear("ef", range(20)) == {names.chunks("e"), names.chunks("f")}


def test_a_full_redis_is_still_read(redis_client: redis.Redis) -> None:
    lookback = Lookback(redis_client)
    chunks = [chunk("s1", second) for second in range(3)]
    ids = [add(redis_client, one.encode()) for one in chunks]
    lookback.chunks_before(STREAM, ids[1], chunks[1])
    redis_client.config_set("maxmemory", "1")
    try:
        assert len(lookback.chunks_before(STREAM, ids[2], chunks[2])) == 2
    finally:
        redis_client.config_set("maxmemory", "0")
