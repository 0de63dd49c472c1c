"""Every call of the recorder to Redis, on Redis and on Valkey."""

import contextlib
from typing import Any

import msgspec
import pytest
import redis
from support.redis.servers import RedisServer
from support.waiting import wait_until

from tears.kit.clock import ManualClock
from tears.kit.errors import MicTakenError
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.streams.names import PREPROCESSOR_GROUP, chunks, lease
from tears.recorder.errors import StreamMovedError
from tears.recorder.publish.chunk_stream import NO_ENTRY, ChunkStream
from tears.recorder.publish.name_lease import NameLease

STREAM = chunks("nursery")
RECORD = MicRecord(mic="nursery", sample_rate_hz=10, channels=1, device="d", session="s", heartbeat_seconds=0)


def chunk(at: int, session: str = "s") -> AudioChunk:
    return AudioChunk(
        mic="nursery",
        session=session,
        first_sample=10 * at,
        sample_rate_hz=10,
        channels=1,
        pcm=bytes(20),
        captured_at_seconds=0.0,
    )


def stream_of(client: redis.Redis, owner: str = "me", most_entries: int = 100, lease_seconds: float = 5) -> ChunkStream:
    return ChunkStream(
        client,
        mic="nursery",
        owner=owner,
        lease_seconds=lease_seconds,
        most_entries=most_entries,
        look_back_entries=3,
    )


def fill(stream: ChunkStream, count: int) -> list[bytes]:
    """Publish `count` chunks; return their ids."""
    ids = [stream.newest()[0]]
    for at in range(count):
        ids.append(stream.publish(chunk(at), RECORD, ids[-1]).entry_id)
    return ids[1:]


def draw(client: redis.Redis, count: int) -> None:
    client.xreadgroup(PREPROCESSOR_GROUP, "test", {STREAM: ">"}, count=count)


def test_an_empty_stream_has_no_last_entry_and_nothing_unfinished(client: redis.Redis) -> None:
    stream = stream_of(client)

    assert stream.newest() == (NO_ENTRY, None)
    assert stream.newest("s") == (NO_ENTRY, None)
    assert stream.unfinished() == 0
    assert stream.trim_finished() == 0


def test_a_chunk_is_published_only_after_the_entry_that_was_last(client: redis.Redis) -> None:
    stream = stream_of(client)
    first_id, second_id = fill(stream, 2)

    for wrong in (NO_ENTRY, first_id, b"9999999999999-0"):
        with pytest.raises(StreamMovedError, match=STREAM):
            stream.publish(chunk(2), RECORD, wrong)
    assert client.xlen(STREAM) == 2
    assert stream.newest("s") == (second_id, chunk(1))


def test_the_newest_chunk_of_a_session_is_found_before_those_of_others(client: redis.Redis) -> None:
    stream = stream_of(client)
    last_id = fill(stream, 2)[-1]
    for at in range(10):
        last_id = stream.publish(chunk(at, "another"), RECORD, last_id).entry_id

    assert stream.newest("s") == (last_id, chunk(1))
    assert stream.newest("nobody") == (last_id, None)


def test_without_a_group_everything_is_unfinished(client: redis.Redis) -> None:
    stream = stream_of(client)
    fill(stream, 4)

    assert stream.unfinished() == 4


def test_chunks_that_are_not_drawn_or_not_finished_are_unfinished(client: redis.Redis) -> None:
    stream = stream_of(client)
    ids = fill(stream, 10)
    client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0")
    draw(client, 4)
    client.xack(STREAM, PREPROCESSOR_GROUP, ids[0])

    assert stream.unfinished() == 9


def test_undrawn_chunks_are_counted_when_redis_does_not_know_their_number(client: redis.Redis) -> None:
    stream = stream_of(client)
    ids = fill(stream, 10)
    client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0")
    draw(client, 4)
    client.xdel(STREAM, ids[7])
    groups: Any = client.xinfo_groups(STREAM)
    assert groups[0]["lag"] is None

    assert stream.unfinished() == 4 + 5


def test_trimmed_chunks_that_nobody_had_drawn_are_counted(client: redis.Redis) -> None:
    stream = stream_of(client, most_entries=5)
    last_id = fill(stream, 5)[-1]
    client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0")
    draw(client, 1)

    drawn = stream.publish(chunk(5), RECORD, last_id)
    undrawn = stream.publish(chunk(6), RECORD, drawn.entry_id)

    assert (drawn.trimmed_unread, undrawn.trimmed_unread) == (0, 1)
    assert client.xlen(STREAM) == 5


def test_trimming_finished_chunks_keeps_those_that_windows_look_back_on(client: redis.Redis) -> None:
    stream = stream_of(client)
    ids = fill(stream, 20)
    assert stream.trim_finished() == 0  # nobody has read anything
    client.xgroup_create(STREAM, PREPROCESSOR_GROUP, id="0")
    draw(client, 12)
    client.xack(STREAM, PREPROCESSOR_GROUP, *ids[:10])

    assert stream.trim_finished() == 7

    left: Any = client.xrange(STREAM)
    assert [entry_id for entry_id, _ in left] == ids[7:]


def test_another_recorder_may_neither_publish_nor_announce_while_the_lease_lasts(client: redis.Redis) -> None:
    ours, theirs = stream_of(client), stream_of(client, owner="cellar:1:ab")
    theirs.announce(RECORD)

    with pytest.raises(MicTakenError, match="nursery is taken by cellar:1:ab; stop that recorder, or give this one"):
        ours.announce(RECORD)
    with pytest.raises(MicTakenError, match="cellar:1:ab"):
        ours.publish(chunk(0), RECORD, NO_ENTRY)
    assert client.xlen(STREAM) == 0


def test_leaving_frees_the_name_and_writes_the_last_record(client: redis.Redis) -> None:
    stream = stream_of(client)
    stream.announce(RECORD)
    stream.leave(RECORD)

    assert client.get(lease("nursery")) is None
    assert read_mics(client) == {"nursery": RECORD}


def test_leaving_changes_nothing_of_another_recorder(client: redis.Redis) -> None:
    stream_of(client, owner="other").announce(RECORD)

    stream_of(client).leave(msgspec.structs.replace(RECORD, state="ended"))

    assert client.get(lease("nursery")) == b"other"
    assert read_mics(client)["nursery"].state == "listening"


def test_a_full_redis_lets_a_recorder_renew_and_give_up_its_lease(client: redis.Redis) -> None:
    stream = stream_of(client)
    stream.announce(RECORD)
    client.config_set("maxmemory", 1)
    try:
        stream.leave(RECORD)
    finally:
        client.config_set("maxmemory", 0)

    assert client.get(lease("nursery")) is None


def test_a_lease_that_is_not_renewed_is_taken_over_even_if_the_clock_was_set_back(client: redis.Redis) -> None:
    theirs = stream_of(client, owner="dead", lease_seconds=1)
    theirs.announce(msgspec.structs.replace(RECORD, lease_seconds=1.0))
    client.pexpire(lease("nursery"), 3_600_000)
    ours = stream_of(client)

    def announce() -> bool:
        with contextlib.suppress(MicTakenError):
            ours.announce(RECORD)
            return True
        return False

    assert not announce()
    wait_until(announce, describe="the name")
    assert client.get(lease("nursery")) == b"me"
    with pytest.raises(MicTakenError, match="taken by me"):
        theirs.publish(chunk(0), RECORD, NO_ENTRY)


@pytest.mark.parametrize("lasts_seconds", [1, None])
def test_a_lease_that_is_renewed_is_not_taken_over(client: redis.Redis, lasts_seconds: float | None) -> None:
    now = ManualClock()
    record = RECORD if lasts_seconds is None else msgspec.structs.replace(RECORD, lease_seconds=lasts_seconds)
    theirs = stream_of(client, owner="alive", lease_seconds=lasts_seconds or 60)
    ours = NameLease(client, mic="nursery", owner="me", lease_seconds=5, monotonic_seconds=now.monotonic_seconds)
    for _ in range(20):
        theirs.announce(record)
        client.pexpire(lease("nursery"), 3_600_000 + int(now.monotonic_seconds()))
        with pytest.raises(MicTakenError, match="taken by alive"):
            ours.take_over_or_raise()
        now.advance(0.5 if lasts_seconds else 40)


@pytest.mark.parametrize("rules", ["-@dangerous", "-xinfo"])
def test_a_user_who_may_not_ask_for_the_groups_publishes_and_trims(own_server: RedisServer, rules: str) -> None:
    client = own_server.client_of_user(rules)
    stream = stream_of(client, most_entries=3)
    fill(stream, 5)
    assert client.xlen(STREAM) == 3
    stream.trim_finished()
