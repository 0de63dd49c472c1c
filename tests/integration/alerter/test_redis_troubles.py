"""The loop round by round: a Redis that is wiped, trimmed, away or full, or that refuses what only a gauge needs."""

import math
from pathlib import Path
from typing import Any

import pytest
from support.alerter.alerter_runs import AlerterRuns, alerts, register
from support.redis.detections import LOUD, QUIET, cries, episodes, night, publish, session_end
from support.redis.servers import RedisServer

from tears.alerter.order.session_queue import MOST_ENDED_SESSIONS
from tears.kit.messages import Ending, EpisodeState
from tears.kit.registry.rooms import RoomState, read_rooms
from tears.kit.streams import names


def test_a_wiped_redis_is_read_from_its_beginning(runs: AlerterRuns) -> None:
    scores = cries(2)
    run = runs.begin()
    publish(runs.client, night(scores[:20]))
    run.read_all()
    runs.client.flushall()
    run.turn(3)
    assert run.metric("stream_restarts_total") == 1.0
    assert read_rooms(runs.client)["nursery"].windows == 20
    assert run.metric("expected", mic="nursery") == 1.0
    publish(runs.client, [*night(scores[15:], first=15), session_end(len(scores))])
    run.read_all()
    assert run.metric("stream_restarts_total") == 1.0
    assert alerts(runs.client) == [31.0]  # the first was published before the wipe; its notice is in the outbox
    assert run.titles() == ["nursery: crying"] * 2
    assert read_rooms(runs.client)["nursery"].state is RoomState.ENDED
    assert run.metric("detections_total", outcome="duplicate") == 5.0
    assert run.metric("expected", mic="nursery") == 0.0


def test_a_redis_that_was_wiped_while_the_alerter_was_away_is_noticed_even_if_its_clock_went_back(
    runs: AlerterRuns,
) -> None:
    run = runs.begin()
    runs.client.xadd(names.DETECTIONS_STREAM, {names.BODY: night([QUIET])[0].encode()}, id="9999999999999-0")
    run.turn()
    run.alerter._save(at_once=True)
    run.kill()
    runs.client.delete(names.DETECTIONS_STREAM)
    publish(runs.client, night([LOUD] * 5, first=1))
    run = runs.begin()
    run.read_all()
    assert run.metric("stream_restarts_total") == 1.0
    assert alerts(runs.client) == [7.0]


def test_detections_that_were_trimmed_unread_are_counted(runs: AlerterRuns) -> None:
    run = runs.begin()
    publish(runs.client, night([QUIET] * 10))
    run.read_all()
    run.alerter._save(at_once=True)
    run.kill()
    publish(runs.client, night([QUIET] * 100, first=10))
    runs.client.xtrim(names.DETECTIONS_STREAM, maxlen=30, approximate=False)
    run = runs.begin()
    run.read_all()
    assert run.metric("trimmed_unread_detections_total") == 70.0
    run.turn(seconds=45.0)
    assert run.metric("missing_windows_total", mic="nursery") == 70.0


def test_a_gap_is_given_up_after_the_lateness_bound_and_its_detections_are_late_then(runs: AlerterRuns) -> None:
    run = runs.begin()
    publish(runs.client, [*night([QUIET]), *night([LOUD] * 4, first=2)])
    run.turn()
    run.turn(4, seconds=11.0)
    assert alerts(runs.client) == []
    assert run.metric("held_detections", mic="nursery") == 4.0
    run.turn(seconds=1.0)
    assert alerts(runs.client) == [8.0]
    publish(runs.client, night([QUIET], first=1))
    run.turn()
    assert run.metric("detections_total", outcome="late") == 1.0


def test_time_without_redis_makes_nothing_late(runs_on_own_redis: AlerterRuns, redis_server: RedisServer) -> None:
    run = runs_on_own_redis.begin()
    publish(runs_on_own_redis.client, [*night([QUIET]), *night([LOUD] * 4, first=2)])
    run.turn()
    redis_server.stop()
    run.turn(3, seconds=100.0)
    redis_server.start()
    run.turn(2)
    publish(runs_on_own_redis.client, night([LOUD], first=1))
    run.turn(2)
    assert run.metric("missing_windows_total", mic="nursery") == 0.0
    assert alerts(runs_on_own_redis.client) == [7.0]


def test_the_alerter_waits_for_a_redis_that_is_away_and_keeps_its_state(
    runs_on_own_redis: AlerterRuns, redis_server: RedisServer
) -> None:
    run = runs_on_own_redis.begin()
    publish(runs_on_own_redis.client, night([QUIET, LOUD, LOUD]))
    run.turn()
    assert run.health.ready().good
    redis_server.kill()
    run.turn(3)
    assert not run.health.ready().good
    assert run.health.alive().good
    assert run.metric("redis_failures_total") >= 3.0
    redis_server.start()
    publish(runs_on_own_redis.client, night([LOUD] + [QUIET] * 9, first=3))
    run.turn(2)
    assert run.health.ready().good
    (closing,) = episodes(runs_on_own_redis.client)  # the other was lost with the dead Redis
    assert (closing.state, closing.start_seconds, closing.end_seconds) == (EpisodeState.CLOSED, 5.0, 17.0)
    assert read_rooms(runs_on_own_redis.client)["nursery"].state is RoomState.QUIET
    assert run.titles() == ["nursery: crying"]


def test_microphones_are_deaf_if_redis_is_away_for_too_long(
    runs_on_own_redis: AlerterRuns, redis_server: RedisServer
) -> None:
    run = runs_on_own_redis.begin()
    publish(runs_on_own_redis.client, night([QUIET, LOUD, LOUD]))
    run.turn()
    redis_server.kill()
    run.turn(2, seconds=59.0)
    assert run.titles() == ["nursery: crying", "nursery: not listening"]
    redis_server.start()
    publish(runs_on_own_redis.client, night([QUIET], first=3))
    run.turn(2)
    assert run.titles() == ["nursery: crying", "nursery: not listening", "nursery: listening again"]
    assert [one.ending for one in episodes(runs_on_own_redis.client)] == [Ending.DEAF]


def test_a_full_redis_does_not_stop_alerts(runs_on_own_redis: AlerterRuns, redis_server: RedisServer) -> None:
    run = runs_on_own_redis.begin()
    runs_on_own_redis.client.xadd(names.DETECTIONS_STREAM, {names.BODY: b"garbage"})
    publish(runs_on_own_redis.client, night(cries(1)))
    redis_server.limit_memory(1)
    run.turn(3)
    assert run.titles() == ["nursery: crying"]
    assert not run.health.ready().good
    redis_server.limit_memory(0)
    run.turn()
    assert alerts(runs_on_own_redis.client) == [9.0]
    assert run.health.ready().good
    assert run.metric("detections_total", outcome="dead") == 1.0


@pytest.mark.parametrize("rules", [["-@dangerous"], ["-info"], ["-xinfo", "-info", "-hgetall"]], ids=" ".join)
def test_a_user_who_may_not_ask_everything_is_listened_to(
    redis_server: RedisServer, tmp_path: Path, rules: list[str]
) -> None:
    runs = AlerterRuns(redis_server.client_of_user(*rules), tmp_path / "alerter.sqlite")
    run = runs.begin()
    publish(redis_server.client(), night(cries(1)))
    run.turn(3, seconds=2.0)
    assert alerts(redis_server.client()) == [9.0]
    assert run.health.ready().good
    assert math.isnan(run.metric("redis_memory_bytes"))
    assert run.metric("redis_failures_total") == 0.0
    runs.close()


@pytest.mark.parametrize("sessions", [3, MOST_ENDED_SESSIONS + 3])
def test_an_older_copy_of_redis_repeats_no_alert_however_many_sessions_it_holds(
    runs: AlerterRuns, sessions: int
) -> None:
    """A camera that drops again and again begins a session each time."""
    run = runs.begin()
    scores = cries(1)
    for number in range(sessions):
        session = f"s{number}"
        register(runs.client, session=session)
        publish(runs.client, [*night(scores, session=session), session_end(len(scores), session=session)])
    run.read_all()
    copy: Any = runs.client.dump(names.DETECTIONS_STREAM)
    publish(runs.client, night([QUIET] * 5, session="later"))
    run.read_all()
    assert len(run.titles()) == sessions
    run.connection.execute("DELETE FROM notices")  # they are delivered

    runs.client.flushall()
    runs.client.restore(names.DETECTIONS_STREAM, 0, copy)
    register(runs.client, session="later")
    run.turn(20, seconds=1.0)
    publish(runs.client, [*night([QUIET] * 3 + [LOUD] * 5, session="later")])
    run.read_all()
    assert run.metric("stream_restarts_total") == 1.0
    assert run.titles() == ["nursery: crying"]
