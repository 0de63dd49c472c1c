"""The loop round by round: deaths, commits and metrics."""

import sqlite3
from typing import Any

import pytest
from support.alerter.alerter_runs import AlerterRuns, alerts, register
from support.redis.detections import LOUD, QUIET, cries, episodes, header, night, publish, scored, session_end

from tears.alerter import loop
from tears.alerter.state import AlerterState
from tears.kit.messages import EpisodeState
from tears.kit.registry.rooms import RoomState, read_rooms
from tears.kit.streams import names


@pytest.mark.parametrize("rounds", range(12))
def test_a_death_between_any_two_rounds_changes_nothing(
    runs: AlerterRuns, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "MOST_ENTRIES_AT_ONCE", 11)
    scores = cries(4)
    publish(runs.client, [*night(scores), session_end(len(scores))])
    run = runs.begin()
    run.turn(rounds)
    run.kill()
    run = runs.begin()
    run.read_all()
    assert alerts(runs.client) == [9.0 + 22.0 * k for k in range(4)]
    assert len(episodes(runs.client)) == 8
    assert run.titles() == ["nursery: crying"] * 4


def test_a_death_after_the_commit_and_before_the_stream_publishes_once(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(runs.client, night(cries(1)))
    run = runs.begin()
    # As if the process had died at each of these points: nothing after them happens.
    monkeypatch.setattr(run.alerter, "_publish", lambda: None)
    run.read_all()
    assert episodes(runs.client) == []
    run.kill()
    run = runs.begin()
    monkeypatch.setattr(run.outbox, "remove_events", lambda _: None)
    run.turn()
    assert len(episodes(runs.client)) == 2
    run.kill()
    runs.begin().turn()
    assert len(episodes(runs.client)) == 2


def test_rooms_are_published_after_the_episodes_and_both_after_the_commit(runs: AlerterRuns) -> None:
    scores = cries(1)
    publish(runs.client, [*night(scores), session_end(len(scores))])
    run = runs.begin()
    steps: list[str] = []
    for owner, name in (
        (run.alerter._saver.state, "commit"),
        (run.alerter._episode_stream, "publish"),
        (run.alerter._episode_stream, "show_rooms"),
    ):
        monkey = getattr(owner, name)

        def noted(*arguments: object, _real: Any = monkey, _name: str = name) -> object:
            steps.append(_name)
            return _real(*arguments)

        setattr(owner, name, noted)
    run.read_all()
    assert steps[:3] == ["commit", "publish", "show_rooms"]
    assert read_rooms(runs.client)["nursery"].state is RoomState.ENDED


def test_while_there_is_nothing_to_publish_a_commit_waits_and_a_death_loses_nothing(runs: AlerterRuns) -> None:
    run = runs.begin()
    publish(runs.client, night([QUIET]))
    run.turn()
    commits = run.metric("commit_seconds_count")
    for k in range(1, 5):
        publish(runs.client, night([QUIET], first=k))
        run.turn(seconds=1.0)
    assert run.metric("commit_seconds_count") == commits
    publish(runs.client, night([QUIET], first=5))
    run.turn(seconds=1.0)
    assert run.metric("commit_seconds_count") == commits + 1
    assert read_rooms(runs.client)["nursery"].windows == 6
    publish(runs.client, night([LOUD], first=6))
    run.turn()
    run.kill()
    run = runs.begin()
    publish(runs.client, night([LOUD], first=7))
    run.turn()
    assert alerts(runs.client) == [12.0]


def test_one_deafness_causes_one_warning_even_if_the_alerter_dies(runs: AlerterRuns) -> None:
    register(runs.client)
    for _ in range(3):
        run = runs.begin()
        run.turn(7, seconds=10.0)
        run.kill()
    run = runs.begin()
    assert run.titles() == ["nursery: not listening"]
    run.turn()
    assert read_rooms(runs.client)["nursery"].state is RoomState.DEAF


@pytest.mark.parametrize("step_seconds", [-3_600.0, 3_600.0])
def test_a_step_of_the_wall_clock_repeats_no_alert_and_closes_no_episode(
    runs: AlerterRuns, step_seconds: float
) -> None:
    run = runs.begin()
    publish(runs.client, night([QUIET, LOUD, LOUD]))
    run.turn()
    runs.clock.step_wall(step_seconds)
    publish(runs.client, night([LOUD] * 3, first=3))
    run.turn()
    runs.clock.advance(8.0)
    publish(runs.client, night([LOUD] * 5, session="s2"))
    run.turn(10, seconds=1.0)
    assert alerts(runs.client) == [7.0]
    assert len(episodes(runs.client)) == 1
    assert run.titles() == ["nursery: crying"]


def test_a_parent_is_alerted_even_if_the_state_file_takes_no_commit(runs: AlerterRuns) -> None:
    run = runs.begin()
    run.delivery.start()
    run.connection.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    publish(runs.client, night([QUIET, LOUD, LOUD]))
    run.turn()
    assert run.receiver.has_notice.wait(60.0)
    assert not run.health.ready().good
    assert "disk full" in run.health.ready().reason
    publish(runs.client, night([LOUD] * 3, first=3))
    run.turn(10, seconds=1.0)
    assert (episodes(runs.client), read_rooms(runs.client)) == ([], {})
    assert run.metric("state_failures_total") >= 2.0
    run.connection.execute("DROP TRIGGER full")
    run.turn(10, seconds=1.0)
    assert run.health.ready().good
    assert alerts(runs.client) == [7.0]
    run.delivery.stop()
    run.delivery.join()
    assert [str(notice) for notice in run.receiver.notices] == ["nursery: crying"]


def test_an_entry_that_breaks_the_code_is_buried_and_the_next_ones_are_judged(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.begin()
    publish(runs.client, [scored(QUIET, header(0, mic="cursed")), *night(cries(1))])
    receive = run.alerter._rooms.receive

    def breaks(detection: Any, now: Any) -> None:
        if detection.mic == "cursed":
            raise ZeroDivisionError
        receive(detection, now)

    monkeypatch.setattr(run.alerter._rooms, "receive", breaks)
    run.read_all()
    assert alerts(runs.client) == [9.0]
    buried: Any = runs.client.xrange(names.dead(names.DETECTIONS_STREAM))
    assert [fields[b"error"] for _, fields in buried] == [b"ZeroDivisionError: "]


def test_microphones_do_not_affect_each_other(runs: AlerterRuns) -> None:
    scores = cries(3)
    run = runs.begin()
    for mic in ("nursery", "attic"):
        publish(runs.client, [*night(scores, mic=mic), session_end(len(scores), mic=mic)])
    run.read_all()
    published = episodes(runs.client)
    for mic in ("nursery", "attic"):
        assert [one.alerted_at_seconds for one in published if one.mic == mic][::2] == [9.0, 31.0, 53.0]
    assert len({one.episode_id for one in published}) == 6


def test_each_process_begins_with_the_state_of_the_one_before(runs: AlerterRuns) -> None:
    run = runs.begin()
    publish(runs.client, [*night([QUIET, LOUD, LOUD, None]), *night([LOUD] * 3, first=6)])
    run.read_all()
    run.alerter._save(at_once=True)
    before = AlerterState(run.connection, run.outbox).load()
    run.kill()
    run = runs.begin()
    assert AlerterState(run.connection, run.outbox).load() == before
    run.alerter._save(at_once=True)
    assert run.metric("commit_seconds_count") == 0.0  # nothing has changed
    with pytest.raises(sqlite3.ProgrammingError):
        runs._runs[0].connection.execute("SELECT 1")


def test_a_microphone_that_is_only_registered_has_its_metrics_at_zero(runs: AlerterRuns) -> None:
    register(runs.client)
    run = runs.begin()
    run.turn()
    for name in ("episodes_total", "crying_seconds_total", "deaf", "open_episodes"):
        assert run.registry.get_sample_value(f"tears_alerter_{name}", {"mic": "nursery"}) == 0.0, name
    assert run.metric("expected", mic="nursery") == 1.0


def test_metrics_show_the_length_of_the_last_episode_and_an_open_one_after_a_restart(runs: AlerterRuns) -> None:
    publish(runs.client, night([*cries(1), *cries(1, crying=12, quiet=0)]))
    run = runs.begin()
    run.read_all()
    closed = next(one for one in episodes(runs.client) if one.state is EpisodeState.CLOSED)
    assert run.metric("last_episode_seconds", mic="nursery") == closed.end_seconds - closed.start_seconds
    assert run.metric("ended_episodes_total", mic="nursery") == 1.0
    assert run.metric("episodes_total", mic="nursery") == 2.0
    run.kill()
    assert runs.begin().metric("open_episodes", mic="nursery") == 1.0


def test_metrics_show_the_memory_of_redis_and_its_limit(runs_on_own_redis: AlerterRuns) -> None:
    runs_on_own_redis.client.config_set("maxmemory", "64mb")
    run = runs_on_own_redis.begin()
    run.turn()
    assert 0.0 < run.metric("redis_memory_bytes") < run.metric("redis_memory_limit_bytes") == 64 * 2**20
