"""A Redis that was not started again after an update, and refuses what is new, is noticed."""

from typing import Any

import redis
from support.redis.servers import RedisServer
from support.redis.users import refusals, url_of

from tears.journal.follower.rules_watch import RULES_FAULT, RulesWatch
from tears.journal.setup.house_facts import house_facts
from tears.kit.access.redis_users import RULES_USER
from tears.kit.access.rules_check import has_other_rules
from tears.kit.clock import ManualClock
from tears.kit.health import Health
from tears.kit.redis_client import connect


def test_whoever_asks_sees_whether_redis_has_the_rules_of_this_release(
    redis_server: RedisServer, closed: redis.Redis
) -> None:
    for user in ("journal", "alerter"):
        with connect(url_of(redis_server, user)) as client:
            assert not has_other_rules(client)
    assert refusals(closed) == []
    operator: Any = closed
    operator.execute_command("ACL", "DELUSER", RULES_USER)
    with connect(url_of(redis_server, "journal")) as client:
        assert has_other_rules(client)
    # Users that are not ours have rules that are not ours.
    assert not has_other_rules(closed)


def test_a_redis_that_was_not_started_again_after_an_update_is_shown_until_it_was(
    redis_server: RedisServer, closed: redis.Redis
) -> None:
    operator: Any = closed
    operator.execute_command("ACL", "DELUSER", RULES_USER)
    clock = ManualClock(0.0)
    health = Health(clock)
    with connect(url_of(redis_server, "journal")) as client:
        watch = RulesWatch(client, health, clock)
        watch.look()
        assert health.ready() == (False, f"redis users: {RULES_FAULT}")
        facts, _, _ = house_facts(client, [])
        assert facts.has_other_rules
        operator.execute_command("ACL", "SETUSER", RULES_USER, "on", "nopass", "+ping", "+hello")
        watch.look()
        assert not health.ready().good
        clock.advance(60.0)
        watch.look()
        assert health.ready().good
        facts, _, _ = house_facts(client, [])
        assert not facts.has_other_rules
        # Redis may be another one after an outage.
        operator.execute_command("ACL", "DELUSER", RULES_USER)
        watch.redis_was_away()
        watch.look()
        assert not health.ready().good


def test_what_redis_refuses_is_no_outage_on_the_setup_page(redis_server: RedisServer, closed: redis.Redis) -> None:
    operator: Any = closed
    operator.execute_command("ACL", "SETUSER", "journal", "-xrevrange")
    with connect(url_of(redis_server, "journal")) as client:
        facts, _, _ = house_facts(client, [])
    assert facts.has_redis
    assert facts.has_other_rules
