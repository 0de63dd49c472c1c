"""An entry that cannot be handled is buried, with a tombstone in its place. One that only has to wait is not."""

import threading

import redis
from support.redis.servers import RedisServer
from support.redis.stages import Echo, Stage, bodies_in, dead_letters, pending_in, put, wait_for_outputs
from support.waiting import wait_until

from tears.kit.errors import DependencyError, UnprocessableError
from tears.kit.streams.delivery import Delivery


def refuse_bad(delivery: Delivery) -> None:
    if delivery.body == b"bad":
        raise UnprocessableError("it is bad")


def test_an_unprocessable_entry_is_buried_at_once(server: RedisServer, client: redis.Redis) -> None:
    ids = put(client, b"1", b"bad", b"2")
    handler = Echo(refuse_bad)
    with Stage(server.url, handler) as stage:
        wait_for_outputs(client, 3)
    assert bodies_in(client) == [b"1!", b"bad?", b"2!"]
    assert handler.begun.count(b"bad") == 1
    assert dead_letters(client) == [{b"message": b"bad", b"error": b"it is bad", b"entry": ids[1], b"consumer": b"a"}]
    assert stage.entries("dead") == 1
    assert not pending_in(client)


def test_an_entry_without_a_message_reaches_the_handler_with_an_empty_body(
    server: RedisServer, client: redis.Redis
) -> None:
    client.xadd("in", {"something": "else"})
    with Stage(server.url):
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"!"]


def test_after_a_fault_of_the_handler_an_entry_is_tried_again_up_to_the_cap(
    server: RedisServer, client: redis.Redis
) -> None:
    def fail(delivery: Delivery) -> None:
        if delivery.body == b"bad":
            raise ZeroDivisionError("our fault")

    put(client, b"bad", b"1")
    handler = Echo(fail)
    with Stage(server.url, handler, delivery_cap=3, in_flight=2) as stage:
        wait_for_outputs(client, 2)
    assert bodies_in(client) == [b"1!", b"bad?"]
    assert handler.begun.count(b"bad") == 3
    assert stage.metric("retries_total", cause="error") == 3
    assert dead_letters(client)[0][b"error"] == b"begun 3 times; the last error: ZeroDivisionError('our fault')"


def test_an_entry_whose_tombstone_fails_too_still_becomes_a_dead_letter(
    server: RedisServer, client: redis.Redis
) -> None:
    class Clumsy(Echo):
        def bury(self, delivery: Delivery, error: UnprocessableError) -> list[bytes]:
            del delivery, error
            raise ZeroDivisionError("our fault")

    put(client, b"bad", b"1")
    with Stage(server.url, Clumsy(refuse_bad)):
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"1!"]
    assert dead_letters(client)[0][b"error"] == b"it is bad"
    assert not pending_in(client)


def test_a_tombstone_waits_for_its_dependency(server: RedisServer, client: redis.Redis) -> None:
    class Patient(Echo):
        away = 2

        def bury(self, delivery: Delivery, error: UnprocessableError) -> list[bytes]:
            del error
            self.away -= 1
            if self.away >= 0:
                raise DependencyError("away")
            return [delivery.body + b"?"]

    put(client, b"bad")
    with Stage(server.url, Patient(refuse_bad)) as stage:
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"bad?"]
    assert stage.metric("retries_total", cause="dependency") == 2


def test_waiting_for_a_dependency_does_not_count_towards_the_cap(server: RedisServer, client: redis.Redis) -> None:
    away = threading.Event()
    away.set()

    def need(_: Delivery) -> None:
        if away.is_set():
            raise DependencyError("the model server is away")

    put(client, b"1")
    for _ in range(2):  # after a restart of the process too
        with Stage(server.url, Echo(need), delivery_cap=1) as stage:
            wait_until(
                lambda stage=stage: stage.metric("retries_total", cause="dependency") >= 3,  # type: ignore[misc]
                describe="three attempts",
            )
        assert stage.entries("pending") == 1
        assert len(pending_in(client)) == 1
    assert client.xlen("out") == 0
    away.clear()
    with Stage(server.url, Echo(need), delivery_cap=1):
        wait_for_outputs(client, 1)
    assert bodies_in(client) == [b"1!"]
    assert not dead_letters(client)


def test_a_stop_ends_the_wait_for_a_dependency_and_begins_no_other_entry(
    server: RedisServer, client: redis.Redis
) -> None:
    def need(_: Delivery) -> None:
        raise DependencyError("away forever")

    handler = Echo(need)
    for stream in ("in", "in2", "in3"):
        put(client, stream.encode(), stream=stream)
    stage = Stage(server.url, handler, streams=("in", "in2", "in3"))
    stage.start()
    wait_until(lambda: handler.begun, describe="a first attempt")
    stage.stop()
    assert len(set(handler.begun)) == 1
    assert stage.entries("pending") == 3
    assert sum(len(pending_in(client, stream)) for stream in ("in", "in2", "in3")) == 3
