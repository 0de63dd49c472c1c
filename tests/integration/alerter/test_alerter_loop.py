"""The loop round by round: deaths, commits and metrics."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from support.alerter.alerter_runs import Lives, alerts, register
from support.redis.detections import LOUD, QUIET, cries, episodes, header, night, publish, scored, session_end

from tears.alerter import loop
from tears.alerter.state import AlerterState
from tears.kit.messages import EpisodeState
from tears.kit.registry.rooms import RoomState, read_rooms
from tears.kit.streams import names


@pytest.mark.parametrize("rounds", range(12))
def test_a_death_between_any_two_rounds_changes_nothing(
    lives: Lives, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "MOST_ENTRIES_AT_ONCE", 11)
    scores = cries(4)
    publish(lives.client, [*night(scores), session_end(len(scores))])
    life = lives.begin()
    life.turn(rounds)
    life.kill()
    life = lives.begin()
    life.read_all()
    assert alerts(lives.client) == [9.0 + 22.0 * k for k in range(4)]
    assert len(episodes(lives.client)) == 8
    assert life.titles() == ["nursery: crying"] * 4


def test_a_death_after_the_commit_and_before_the_stream_publishes_once(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(lives.client, night(cries(1)))
    life = lives.begin()
    # As if the process had died at each of these points: nothing after them happens.
    monkeypatch.setattr(life.alerter, "_publish", lambda: None)
    life.read_all()
    assert episodes(lives.client) == []
    life.kill()
    life = lives.begin()
    monkeypatch.setattr(life.outbox, "remove_events", lambda _: None)
    life.turn()
    assert len(episodes(lives.client)) == 2
    life.kill()
    lives.begin().turn()
    assert len(episodes(lives.client)) == 2


def test_rooms_are_published_after_the_episodes_and_both_after_the_commit(lives: Lives) -> None:
    scores = cries(1)
    publish(lives.client, [*night(scores), session_end(len(scores))])
    life = lives.begin()
    steps: list[str] = []
    for owner, name in (
        (life.alerter._saver.state, "commit"),
        (life.alerter._episode_stream, "publish"),
        (life.alerter._episode_stream, "show_rooms"),
    ):
        monkey = getattr(owner, name)

        def noted(*arguments: object, _real: Any = monkey, _name: str = name) -> object:
            steps.append(_name)
            return _real(*arguments)

        setattr(owner, name, noted)
    life.read_all()
    assert steps[:3] == ["commit", "publish", "show_rooms"]
    assert read_rooms(lives.client)["nursery"].state is RoomState.ENDED


def test_while_there_is_nothing_to_publish_a_commit_waits_and_a_death_loses_nothing(lives: Lives) -> None:
    life = lives.begin()
    publish(lives.client, night([QUIET]))
    life.turn()
    commits = life.metric("commit_seconds_count")
    for k in range(1, 5):
        publish(lives.client, night([QUIET], first=k))
        life.turn(seconds=1.0)
    assert life.metric("commit_seconds_count") == commits
    publish(lives.client, night([QUIET], first=5))
    life.turn(seconds=1.0)
    assert life.metric("commit_seconds_count") == commits + 1
    assert read_rooms(lives.client)["nursery"].windows == 6
    publish(lives.client, night([LOUD], first=6))
    life.turn()
    life.kill()
    life = lives.begin()
    publish(lives.client, night([LOUD], first=7))
    life.turn()
    assert alerts(lives.client) == [12.0]


def test_one_deafness_causes_one_warning_even_if_the_alerter_dies(lives: Lives) -> None:
    register(lives.client)
    for _ in range(3):
        life = lives.begin()
        life.turn(7, seconds=10.0)
        life.kill()
    life = lives.begin()
    assert life.titles() == ["nursery: not listening"]
    life.turn()
    assert read_rooms(lives.client)["nursery"].state is RoomState.DEAF


@pytest.mark.parametrize("step_seconds", [-3_600.0, 3_600.0])
def test_a_step_of_the_wall_clock_repeats_no_alert_and_closes_no_episode(lives: Lives, step_seconds: float) -> None:
    life = lives.begin()
    publish(lives.client, night([QUIET, LOUD, LOUD]))
    life.turn()
    lives.clock.step_wall(step_seconds)
    publish(lives.client, night([LOUD] * 3, first=3))
    life.turn()
    lives.clock.advance(8.0)
    publish(lives.client, night([LOUD] * 5, session="s2"))
    life.turn(10, seconds=1.0)
    assert alerts(lives.client) == [7.0]
    assert len(episodes(lives.client)) == 1
    assert life.titles() == ["nursery: crying"]


def test_a_parent_is_alerted_even_if_the_state_file_takes_no_commit(lives: Lives) -> None:
    life = lives.begin()
    life.delivery.start()
    life.connection.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    publish(lives.client, night([QUIET, LOUD, LOUD]))
    life.turn()
    assert life.parent.has_notice.wait(10.0)
    assert not life.health.ready().good
    assert "disk full" in life.health.ready().reason
    publish(lives.client, night([LOUD] * 3, first=3))
    life.turn(10, seconds=1.0)
    assert (episodes(lives.client), read_rooms(lives.client)) == ([], {})
    assert life.metric("state_failures_total") >= 2.0
    life.connection.execute("DROP TRIGGER full")
    life.turn(10, seconds=1.0)
    assert life.health.ready().good
    assert alerts(lives.client) == [7.0]
    life.delivery.stop()
    life.delivery.join()
    assert [notice.title for notice in life.parent.notices] == ["nursery: crying"]


def test_an_entry_that_breaks_the_code_is_buried_and_the_next_ones_are_judged(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = lives.begin()
    publish(lives.client, [scored(QUIET, header(0, mic="cursed")), *night(cries(1))])
    receive = life.alerter._rooms.receive

    def breaks(detection: Any, now: Any) -> None:
        if detection.mic == "cursed":
            raise ZeroDivisionError
        receive(detection, now)

    monkeypatch.setattr(life.alerter._rooms, "receive", breaks)
    life.read_all()
    assert alerts(lives.client) == [9.0]
    buried: Any = lives.client.xrange(names.dead(names.DETECTIONS_STREAM))
    assert [fields[b"error"] for _, fields in buried] == [b"ZeroDivisionError: "]


def test_microphones_do_not_affect_each_other(lives: Lives) -> None:
    scores = cries(3)
    life = lives.begin()
    for mic in ("nursery", "attic"):
        publish(lives.client, [*night(scores, mic=mic), session_end(len(scores), mic=mic)])
    life.read_all()
    published = episodes(lives.client)
    for mic in ("nursery", "attic"):
        assert [one.alerted_at_seconds for one in published if one.mic == mic][::2] == [9.0, 31.0, 53.0]
    assert len({one.episode_id for one in published}) == 6


def test_each_process_begins_with_the_state_of_the_one_before(lives: Lives) -> None:
    life = lives.begin()
    publish(lives.client, [*night([QUIET, LOUD, LOUD, None]), *night([LOUD] * 3, first=6)])
    life.read_all()
    life.alerter._save(at_once=True)
    before = AlerterState(life.connection, life.outbox).load()
    life.kill()
    life = lives.begin()
    assert AlerterState(life.connection, life.outbox).load() == before
    life.alerter._save(at_once=True)
    assert life.metric("commit_seconds_count") == 0.0  # nothing has changed
    with pytest.raises(sqlite3.ProgrammingError):
        lives._lives[0].connection.execute("SELECT 1")


def test_a_microphone_that_is_only_registered_has_its_metrics_at_zero(lives: Lives) -> None:
    register(lives.client)
    life = lives.begin()
    life.turn()
    for name in ("episodes_total", "crying_seconds_total", "deaf", "open_episodes"):
        assert life.registry.get_sample_value(f"tears_alerter_{name}", {"mic": "nursery"}) == 0.0, name
    assert life.metric("expected", mic="nursery") == 1.0


def test_metrics_show_the_length_of_the_last_episode_and_an_open_one_after_a_restart(lives: Lives) -> None:
    publish(lives.client, night([*cries(1), *cries(1, crying=12, quiet=0)]))
    life = lives.begin()
    life.read_all()
    closed = next(one for one in episodes(lives.client) if one.state is EpisodeState.CLOSED)
    assert life.metric("last_episode_seconds", mic="nursery") == closed.end_seconds - closed.start_seconds
    assert life.metric("ended_episodes_total", mic="nursery") == 1.0
    assert life.metric("episodes_total", mic="nursery") == 2.0
    life.kill()
    assert lives.begin().metric("open_episodes", mic="nursery") == 1.0


def test_metrics_show_the_memory_of_redis_and_its_limit(own_lives: Lives) -> None:
    own_lives.client.config_set("maxmemory", "64mb")
    life = own_lives.begin()
    life.turn()
    assert 0.0 < life.metric("redis_memory_bytes") < life.metric("redis_memory_limit_bytes") == 64 * 2**20
