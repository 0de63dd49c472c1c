"""Claims survive a machine's clock that is set back by an hour."""

from typing import Any

import redis
from prometheus_client import CollectorRegistry
from support.redis.clock_set_back import set_clock_back
from support.redis.servers import RedisServer
from support.redis.stages import (
    GROUP,
    INPUT,
    OUTPUT,
    Echo,
    Gate,
    Stage,
    bodies_in,
    draw_as,
    pending_in,
    put,
    wait_for_outputs,
)
from support.waiting import wait_until

from tears.kit.streams.delivery import StageConfig
from tears.kit.streams.ledger import Ledger
from tears.kit.streams.stage_metrics import StageMetrics

# Longer than any test: only what a test says is idle is idle.
CLAIM_IDLE_SECONDS = 600.0


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


def ledger_of(client: redis.Redis, consumer: str) -> Ledger:
    config = StageConfig(group=GROUP, consumer=consumer, output=OUTPUT, claim_idle_seconds=CLAIM_IDLE_SECONDS)
    return Ledger(client, config, StageMetrics("stage", CollectorRegistry()))


def idle_milliseconds(client: redis.Redis) -> dict[bytes, int]:
    """Return the idle time of each pending entry, by its consumer."""
    rows: Any = client.xpending_range(INPUT, GROUP, "-", "+", 10)
    return {row["consumer"]: row["time_since_delivered"] for row in rows}


def let_idle(client: redis.Redis, consumer: str, entry_ids: list[Any], seconds: float) -> None:
    """Let entries look as if their consumer had not touched them for a while."""
    client.xclaim(INPUT, GROUP, consumer, 0, entry_ids, idle=round(seconds * 1_000), justid=True)


def test_the_idle_time_begins_anew_after_the_clock_was_set_back_and_decides_then(client: redis.Redis) -> None:
    put(client, b"1")
    entry_ids = draw_as(client, "dead")
    set_clock_back(client, INPUT, GROUP, 3_600)
    heir = ledger_of(client, "heir")

    assert heir.claim(INPUT, 10) == []
    # An entry that was delivered in the future shows no idle time until then.
    wait_until(lambda: idle_milliseconds(client)[b"dead"] > 0, describe="an idle time that grows")
    assert idle_milliseconds(client)[b"dead"] < CLAIM_IDLE_SECONDS * 1_000
    let_idle(client, "dead", entry_ids, CLAIM_IDLE_SECONDS - 60)
    assert heir.claim(INPUT, 10) == []
    let_idle(client, "dead", entry_ids, CLAIM_IDLE_SECONDS)
    assert [delivery.body for delivery in heir.claim(INPUT, 10)] == [b"1"]


def test_an_owner_that_holds_its_entry_keeps_it_after_the_clock_was_set_back(client: redis.Redis) -> None:
    put(client, b"1")
    entry_ids = draw_as(client, "owner")
    set_clock_back(client, INPUT, GROUP, 3_600)
    owner, other = ledger_of(client, "owner"), ledger_of(client, "other")

    for _ in range(3):
        let_idle(client, "owner", entry_ids, CLAIM_IDLE_SECONDS)
        owner.hold(INPUT, entry_ids)
        assert other.claim(INPUT, 10) == []
    assert idle_milliseconds(client).keys() == {b"owner"}
    let_idle(client, "owner", entry_ids, CLAIM_IDLE_SECONDS)
    assert len(other.claim(INPUT, 10)) == 1
