"""Streams are read from a position on, page by page, and survive being wiped."""

import redis
from support.redis.servers import RedisServer

from tears.kit.streams.entries import BEGINNING, StreamFacts
from tears.kit.streams.names import BODY
from tears.kit.streams.reader import StreamReader, read_entries, stream_facts


def add(client: redis.Redis, stream: str, *ids: str) -> None:
    for entry_id in ids:
        client.xadd(stream, {BODY: entry_id.encode()}, id=entry_id)


def ids_of(reader: StreamReader) -> list[str]:
    return [entry.entry_id for entry in reader.read()]


def test_entries_come_page_by_page_in_the_order_of_each_stream(client: redis.Redis) -> None:
    add(client, "a", "1-1", "1-2", "1-3")
    add(client, "b", "9-9")
    reader = StreamReader(client, page_entries=2)
    reader.follow("a")
    reader.follow("b")
    assert sorted(reader.read()) == [("a", "1-1", b"1-1"), ("a", "1-2", b"1-2"), ("b", "9-9", b"9-9")]
    assert reader.read() == [("a", "1-3", b"1-3")]
    assert reader.read(block_seconds=0.001) == []


def test_a_stream_that_does_not_exist_yet_is_read_when_it_does(client: redis.Redis) -> None:
    reader = StreamReader(client, page_entries=2)
    assert reader.read() == []
    reader.follow("a")
    assert reader.read() == []
    reader.restart_wiped()
    add(client, "a", "1-1")
    reader.follow("a")
    assert ids_of(reader) == ["1-1"]
    reader.follow("a")
    assert ids_of(reader) == []


def test_an_entry_without_a_message_has_an_empty_body(client: redis.Redis) -> None:
    client.xadd("a", {"other": "x"}, id="1-1")
    assert read_entries(client, {"a": BEGINNING}, 10) == [("a", "1-1", b"")]


def test_after_a_restart_everything_comes_again(client: redis.Redis) -> None:
    add(client, "a", "1-1", "1-2")
    reader = StreamReader(client, page_entries=5)
    reader.follow("a")
    assert ids_of(reader) == ["1-1", "1-2"]
    reader.restart()
    assert ids_of(reader) == ["1-1", "1-2"]


def test_a_stream_that_was_wiped_and_has_smaller_ids_is_read_from_its_beginning(client: redis.Redis) -> None:
    add(client, "a", "9-1", "9-2")
    add(client, "b", "9-1")
    reader = StreamReader(client, page_entries=5)
    reader.follow("a")
    reader.follow("b")
    reader.read()
    client.delete("a")
    add(client, "a", "1-1")
    assert ids_of(reader) == []
    reader.restart_wiped()
    assert ids_of(reader) == ["1-1"]


def test_a_stream_whose_entries_were_trimmed_keeps_its_position(client: redis.Redis) -> None:
    add(client, "a", "9-1", "9-10")
    reader = StreamReader(client, page_entries=5)
    reader.follow("a")
    reader.read()
    client.xtrim("a", maxlen=0, approximate=False)
    reader.restart_wiped()
    add(client, "a", "10-1")
    assert ids_of(reader) == ["10-1"]


def test_the_facts_of_a_stream_show_what_was_added_and_what_is_left(client: redis.Redis) -> None:
    assert stream_facts(client, "a") == StreamFacts()
    add(client, "a", "1-1", "2-1", "3-1")
    client.xtrim("a", maxlen=2, approximate=False)
    assert stream_facts(client, "a") == StreamFacts("2-1", "3-1", length=2, entries_added=3)
    client.xtrim("a", maxlen=0, approximate=False)
    assert stream_facts(client, "a") == StreamFacts(None, "3-1", length=0, entries_added=3)


def test_a_user_who_may_not_ask_about_streams_reads_on(own_server: RedisServer) -> None:
    client = own_server.client_of_user("-xinfo")
    add(client, "a", "1-1")
    reader = StreamReader(client, page_entries=5)
    reader.follow("a")
    assert ids_of(reader) == ["1-1"]
    reader.restart_wiped()
    add(client, "a", "1-2")
    assert ids_of(reader) == ["1-2"]
