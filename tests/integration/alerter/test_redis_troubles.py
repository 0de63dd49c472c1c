"""The loop round by round: a Redis that is wiped, trimmed, away or full."""

from __future__ import annotations

from support.alerter.alerter_runs import Lives, alerts
from support.redis.detections import LOUD, QUIET, cries, episodes, night, publish, session_end
from support.redis.servers import RedisServer

from tears.kit.messages import Ending, EpisodeState
from tears.kit.registry.rooms import RoomState, read_rooms
from tears.kit.streams import names


def test_a_wiped_redis_is_read_from_its_beginning(lives: Lives) -> None:
    scores = cries(2)
    life = lives.begin()
    publish(lives.client, night(scores[:20]))
    life.read_all()
    lives.client.flushall()
    life.turn(3)
    assert life.metric("stream_restarts_total") == 1.0
    assert read_rooms(lives.client)["nursery"].windows == 20
    assert life.metric("expected", mic="nursery") == 1.0
    publish(lives.client, [*night(scores[15:], first=15), session_end(len(scores))])
    life.read_all()
    assert life.metric("stream_restarts_total") == 1.0
    assert alerts(lives.client) == [31.0]  # the first was published before the wipe; its notice is in the outbox
    assert life.titles() == ["nursery: crying"] * 2
    assert read_rooms(lives.client)["nursery"].state is RoomState.ENDED
    assert life.metric("detections_total", outcome="duplicate") == 5.0
    assert life.metric("expected", mic="nursery") == 0.0


def test_a_redis_that_was_wiped_while_the_alerter_was_away_is_noticed_even_if_its_clock_went_back(lives: Lives) -> None:
    life = lives.begin()
    lives.client.xadd(names.DETECTIONS_STREAM, {names.BODY: night([QUIET])[0].encode()}, id="9999999999999-0")
    life.turn()
    life.alerter._save(at_once=True)
    life.kill()
    lives.client.delete(names.DETECTIONS_STREAM)
    publish(lives.client, night([LOUD] * 5, first=1))
    life = lives.begin()
    life.read_all()
    assert life.metric("stream_restarts_total") == 1.0
    assert alerts(lives.client) == [7.0]


def test_detections_that_were_trimmed_unread_are_counted(lives: Lives) -> None:
    life = lives.begin()
    publish(lives.client, night([QUIET] * 10))
    life.read_all()
    life.alerter._save(at_once=True)
    life.kill()
    publish(lives.client, night([QUIET] * 100, first=10))
    lives.client.xtrim(names.DETECTIONS_STREAM, maxlen=30, approximate=False)
    life = lives.begin()
    life.read_all()
    assert life.metric("trimmed_unread_detections_total") == 70.0
    life.turn(seconds=45.0)
    assert life.metric("missing_windows_total", mic="nursery") == 70.0


def test_a_gap_is_given_up_after_the_lateness_bound_and_its_detections_are_late_then(lives: Lives) -> None:
    life = lives.begin()
    publish(lives.client, [*night([QUIET]), *night([LOUD] * 4, first=2)])
    life.turn()
    life.turn(4, seconds=11.0)
    assert alerts(lives.client) == []
    assert life.metric("held_detections", mic="nursery") == 4.0
    life.turn(seconds=1.0)
    assert alerts(lives.client) == [8.0]
    publish(lives.client, night([QUIET], first=1))
    life.turn()
    assert life.metric("detections_total", outcome="late") == 1.0


def test_time_without_redis_makes_nothing_late(own_lives: Lives, redis_server: RedisServer) -> None:
    life = own_lives.begin()
    publish(own_lives.client, [*night([QUIET]), *night([LOUD] * 4, first=2)])
    life.turn()
    redis_server.stop()
    life.turn(3, seconds=100.0)
    redis_server.start()
    life.turn(2)
    publish(own_lives.client, night([LOUD], first=1))
    life.turn(2)
    assert life.metric("missing_windows_total", mic="nursery") == 0.0
    assert alerts(own_lives.client) == [7.0]


def test_the_alerter_waits_for_a_redis_that_is_away_and_keeps_its_state(
    own_lives: Lives, redis_server: RedisServer
) -> None:
    life = own_lives.begin()
    publish(own_lives.client, night([QUIET, LOUD, LOUD]))
    life.turn()
    assert life.health.ready().good
    redis_server.kill()
    life.turn(3)
    assert not life.health.ready().good
    assert life.health.alive().good
    assert life.metric("redis_failures_total") >= 3.0
    redis_server.start()
    publish(own_lives.client, night([LOUD] + [QUIET] * 9, first=3))
    life.turn(2)
    assert life.health.ready().good
    (closing,) = episodes(own_lives.client)  # the other was lost with the dead Redis
    assert (closing.state, closing.start_seconds, closing.end_seconds) == (EpisodeState.CLOSED, 5.0, 17.0)
    assert read_rooms(own_lives.client)["nursery"].state is RoomState.QUIET
    assert life.titles() == ["nursery: crying"]


def test_microphones_are_deaf_if_redis_is_away_for_too_long(own_lives: Lives, redis_server: RedisServer) -> None:
    life = own_lives.begin()
    publish(own_lives.client, night([QUIET, LOUD, LOUD]))
    life.turn()
    redis_server.kill()
    life.turn(2, seconds=59.0)
    assert life.titles() == ["nursery: crying", "nursery: not listening"]
    redis_server.start()
    publish(own_lives.client, night([QUIET], first=3))
    life.turn(2)
    assert life.titles() == ["nursery: crying", "nursery: not listening", "nursery: listening again"]
    assert [one.ending for one in episodes(own_lives.client)] == [Ending.DEAF]


def test_a_full_redis_does_not_stop_alerts(own_lives: Lives, redis_server: RedisServer) -> None:
    life = own_lives.begin()
    own_lives.client.xadd(names.DETECTIONS_STREAM, {names.BODY: b"garbage"})
    publish(own_lives.client, night(cries(1)))
    redis_server.limit_memory(1)
    life.turn(3)
    assert life.titles() == ["nursery: crying"]
    assert not life.health.ready().good
    redis_server.limit_memory(0)
    life.turn()
    assert alerts(own_lives.client) == [9.0]
    assert life.health.ready().good
    assert life.metric("detections_total", outcome="dead") == 1.0
