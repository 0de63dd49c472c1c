"""Claims survive a machine's clock that is set back by an hour."""

import redis
from support.redis.clock_set_back import set_clock_back
from support.redis.servers import RedisServer
from support.redis.stages import GROUP, Echo, Gate, Stage, bodies_in, draw_as, pending_in, put, wait_for_outputs
from support.waiting import wait_until


def test_an_entry_of_a_dead_consumer_is_claimed_after_the_clock_was_set_back(
    server: RedisServer, client: redis.Redis
) -> None:
    put(client, b"1", b"2")
    draw_as(client, "dead", 2)
    set_clock_back(client, "in", GROUP, 3_600)
    with Stage(server.url, consumer="heir"):
        wait_for_outputs(client, 2)
    assert sorted(bodies_in(client)) == [b"1!", b"2!"]


def test_an_entry_of_a_living_consumer_stays_its_own_after_the_clock_was_set_back(
    server: RedisServer, client: redis.Redis
) -> None:
    gate = Gate()
    put(client, b"1")
    with Stage(server.url, Echo(gate), claim_idle_seconds=0.4) as owner:
        wait_until(lambda: gate.waiting == 1, describe="an entry in its handler")
        set_clock_back(client, "in", GROUP, 3_600)
        put(client, b"2")
        with Stage(server.url, consumer="other", claim_idle_seconds=1) as other:
            wait_for_outputs(client, 1)
            # The owner holds its entry ten times in the time after which the other one would take it.
            wait_until(lambda: pending_in(client) and other.entries("done") == 1, describe="the other entry")
            gate.open()
            wait_for_outputs(client, 2)
        assert owner.entries("done") == 1
    assert other.metric("claimed_entries_total") == 0
