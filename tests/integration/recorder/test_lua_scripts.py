"""The scripts that publish chunks, renew the lease, and free memory in a full Redis."""

from typing import Any

import pytest
import redis
from support.redis.servers import RedisServer
from support.redis.stages import GROUP, bodies_in, draw_as, put
from support.waiting import wait_until

from tears.kit.streams.lua_scripts import load_script

LEASE, STREAM, MICS = "lease", "in", "mics"
PACKAGE = "tears.recorder.publish"


def publish(
    client: redis.Redis,
    owner: str,
    body: bytes,
    *,
    lease_milliseconds: int = 60_000,
    most_entries: int = 100,
    last: bytes = b"",
) -> list[Any]:
    reply: Any = load_script(client, PACKAGE, "publish_chunk")(
        keys=[LEASE, STREAM, MICS],
        args=[owner, lease_milliseconds, body, most_entries, GROUP, "nursery", "record", last],
    )
    return list(reply)


def renew(client: redis.Redis, owner: str, lease_milliseconds: int) -> int:
    reply: Any = load_script(client, PACKAGE, "renew_lease")(keys=[LEASE], args=[owner, lease_milliseconds])
    return int(reply)


def trim_finished(client: redis.Redis, keep: int) -> int:
    reply: Any = load_script(client, PACKAGE, "trim_finished")(keys=[STREAM], args=[GROUP, keep])
    return int(reply)


def test_only_one_owner_may_publish(client: redis.Redis) -> None:
    assert publish(client, "one", b"1")[0] == b"OK"
    assert publish(client, "other", b"2") == [b"TAKEN", b"one"]
    assert bodies_in(client, STREAM) == [b"1"]
    assert renew(client, "other", 60_000) == 0
    assert renew(client, "other", 0) == 0
    assert publish(client, "one", b"3")[0] == b"OK"
    assert renew(client, "one", 0) == 1
    assert publish(client, "other", b"4")[0] == b"OK"
    assert client.hgetall(MICS) == {b"nursery": b"record"}


def test_a_lease_that_is_not_renewed_ends(client: redis.Redis) -> None:
    assert publish(client, "one", b"1", lease_milliseconds=50)[0] == b"OK"
    wait_until(lambda: publish(client, "other", b"2")[0] == b"OK", describe="the end of the lease")


def test_publishing_after_an_entry_that_is_not_the_last_changes_nothing(client: redis.Redis) -> None:
    ok, trimmed, first = publish(client, "one", b"1")
    assert (ok, trimmed) == (b"OK", 0)
    assert publish(client, "one", b"2", last=first)[0] == b"OK"
    assert publish(client, "one", b"3", last=first) == [b"MOVED"]
    client.delete(STREAM)
    assert publish(client, "one", b"4", last=first) == [b"MOVED"]
    assert client.xlen(STREAM) == 0


def test_publishing_counts_the_entries_that_it_trims_before_the_group_has_drawn_them(client: redis.Redis) -> None:
    for number in range(4):
        assert publish(client, "one", b"%d" % number, most_entries=4)[:2] == [b"OK", 0]
    draw_as(client, "reader", 3)
    trimmed = [publish(client, "one", b"%d" % number, most_entries=4)[1] for number in range(4, 10)]
    # 0, 1 and 2 had been drawn; 3, 4 and 5 had not.
    assert trimmed == [0, 0, 0, 1, 1, 1]
    assert bodies_in(client, STREAM) == [b"6", b"7", b"8", b"9"]


def test_every_trimmed_entry_counts_if_nobody_reads(client: redis.Redis) -> None:
    put(client, *(b"%d" % number for number in range(10)))
    assert publish(client, "one", b"10", most_entries=4)[1] == 7


def test_trimming_keeps_unfinished_entries_and_those_just_before_them(client: redis.Redis) -> None:
    ids = put(client, *(b"%d" % number for number in range(10)))
    assert trim_finished(client, 2) == 0  # nobody has read anything
    drawn = draw_as(client, "reader", 8)
    client.xack(STREAM, GROUP, *(entry_id for entry_id in drawn if entry_id != ids[4]))
    # 4 is unfinished, out of order: its windows look back on 2 and 3.
    assert trim_finished(client, 2) == 2
    assert bodies_in(client, STREAM) == [b"%d" % number for number in range(2, 10)]
    client.xack(STREAM, GROUP, ids[4])
    # 8 is the next to be read.
    assert trim_finished(client, 2) == 4
    assert bodies_in(client, STREAM) == [b"6", b"7", b"8", b"9"]
    assert trim_finished(client, 2) == 0


@pytest.mark.parametrize("prepare", ["nothing", "a stream without the group"])
def test_nothing_is_trimmed_from_a_stream_that_nobody_reads(client: redis.Redis, prepare: str) -> None:
    if prepare != "nothing":
        put(client, b"1", b"2", b"3")
    assert trim_finished(client, 1) == 0
    assert client.xlen(STREAM) == (0 if prepare == "nothing" else 3)


def test_a_full_redis_refuses_to_publish_and_runs_what_frees_memory(own_server: RedisServer) -> None:
    client = own_server.client()
    ids = put(client, *(b"%d" % number + bytes(100_000) for number in range(40)))
    client.xack(STREAM, GROUP, *draw_as(client, "reader", 40))
    publish(client, "one", b"more")
    used: int = client.info("memory")["used_memory"]
    own_server.limit_memory(used - 500_000)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        publish(client, "one", b"more")
    assert renew(client, "one", 60_000) == 1
    assert trim_finished(client, 4) == 36
    assert client.xrange(STREAM, count=1)[0][0] == ids[36]  # type: ignore[index]
    assert publish(client, "one", b"more")[0] == b"OK"


def test_a_script_is_loaded_again_after_a_restart(own_server: RedisServer) -> None:
    client = own_server.client()
    script = load_script(client, PACKAGE, "renew_lease")
    assert script(keys=[LEASE], args=["one", 60_000]) == 1
    own_server.kill()
    own_server.start()
    assert script(keys=[LEASE], args=["other", 60_000]) == 1


@pytest.mark.parametrize("key", [LEASE, STREAM, MICS])
def test_a_key_of_another_type_is_named_and_nothing_is_changed(client: redis.Redis, key: str) -> None:
    client.rpush(key, "a list")
    with pytest.raises(redis.ResponseError, match=f"WRONGTYPE {key} is a list and not a"):
        publish(client, "one", b"1")
    assert client.keys() == [key.encode()]


def test_a_stream_without_a_further_id_leaves_the_registry_as_it_was(client: redis.Redis) -> None:
    client.xadd(STREAM, {"message": "last"}, id="18446744073709551615-18446744073709551615")
    with pytest.raises(redis.ResponseError, match="exhausted"):
        publish(client, "one", b"1")
    assert not client.exists(MICS)
