"""The loop round by round, on a real Redis, a real state file and a clock that the test moves."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis
from prometheus_client import CollectorRegistry
from support.policies import POLICY
from support.redis.detections import LOUD, QUIET, bouts, episodes, header, night, publish, scored, session_end
from support.redis.servers import RedisServer

from tears.alerter import loop as loop_module
from tears.alerter.database import owned_database
from tears.alerter.episodes.monitor_state import Rules
from tears.alerter.loop import Alerter
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.retry import Courier
from tears.alerter.notices.wording import Notice
from tears.alerter.state import State
from tears.kit.clock import ManualClock, SystemClock
from tears.kit.health import Health
from tears.kit.messages import Ending, EpisodeState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomState, read_rooms
from tears.kit.streams import names

RULES = Rules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=60.0)


class Parent:
    """Takes what it is told."""

    target = "parent"
    description = "parent"

    def __init__(self) -> None:
        self.told: list[Notice] = []
        self.has_been_told = threading.Event()

    def hand_over(self, notice: Notice) -> bool:
        self.told.append(notice)
        self.has_been_told.set()
        return True


class Life:
    """One life of the alerter, from its start until it is killed: nothing is saved on the way out."""

    def __init__(self, client: redis.Redis, path: Path, clock: ManualClock, rules: Rules = RULES) -> None:
        self.client = client
        self.clock = clock
        self.health = Health(clock)
        self.registry = CollectorRegistry()
        self._resources = ExitStack()
        self.connection = self._resources.enter_context(owned_database(path))
        self.outbox = Outbox(self.connection, ["parent"])
        self.metrics = AlerterMetrics(self.registry)
        self.parent = Parent()
        self.courier = Courier(self.parent, path, self.metrics, self.health, SystemClock())
        self.alerter = Alerter(
            client=client,
            state=State(self.connection, self.outbox),
            outbox=self.outbox,
            couriers=[self.courier],
            rules=rules,
            cry_label="crying",
            metrics=self.metrics,
            health=self.health,
            clock=clock,
            stop=threading.Event(),
            block_seconds=0.001,
        )

    def turn(self, times: int = 1, seconds: float = 0.0) -> None:
        for _ in range(times):
            self.clock.advance(seconds)
            self.alerter.turn()

    def read_all(self) -> None:
        """Rounds until there is nothing left to read."""
        last: Any = self.client.xinfo_stream(names.DETECTIONS_STREAM)
        self.turn()
        while self.alerter._place.entry_id != last["last-generated-id"].decode():
            self.turn()

    def kill(self) -> None:
        self._resources.close()

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"tears_alerter_{name}", labels) or 0.0

    def titles(self) -> list[str]:
        return [title for (title,) in self.connection.execute("SELECT title FROM notices ORDER BY id")]


class Lives:
    """One state file, one clock, life after life."""

    def __init__(self, client: redis.Redis, path: Path) -> None:
        self.client = client
        self.path = path
        self.clock = ManualClock()
        self._lives: list[Life] = []

    def begin(self, rules: Rules = RULES) -> Life:
        self._lives.append(Life(self.client, self.path, self.clock, rules))
        return self._lives[-1]

    def close(self) -> None:
        for life in self._lives:
            life.kill()


@pytest.fixture
def lives(redis_client: redis.Redis, tmp_path: Path) -> Iterator[Lives]:
    made = Lives(redis_client, tmp_path / "alerter.sqlite")
    yield made
    made.close()


@pytest.fixture
def own_lives(redis_server: RedisServer, tmp_path: Path) -> Iterator[Lives]:
    """On a Redis that the test may stop."""
    made = Lives(redis_server.client(), tmp_path / "alerter.sqlite")
    yield made
    made.close()


def register(client: redis.Redis, mic: str = "nursery", session: str = "s1") -> None:
    record = MicRecord(mic=mic, sample_rate_hz=48_000, channels=1, device="usb", session=session, heartbeat_seconds=0.0)
    client.hset(names.MICS_HASH, mic, record.encode())


def alerts(client: redis.Redis) -> list[float]:
    return [one.alerted_at_seconds for one in episodes(client) if one.state is EpisodeState.OPEN]


@pytest.mark.parametrize("rounds", range(12))
def test_a_death_between_any_two_rounds_changes_nothing(
    lives: Lives, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "MOST_ENTRIES", 11)
    scores = bouts(4)
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
    publish(lives.client, night(bouts(1)))
    life = lives.begin()
    # As if the process had died at each of these points: nothing behind them happens.
    monkeypatch.setattr(life.alerter, "_publish", lambda: None)
    life.read_all()
    assert episodes(lives.client) == []
    life.kill()
    life = lives.begin()
    monkeypatch.setattr(life.outbox, "published", lambda _: None)
    life.turn()
    assert len(episodes(lives.client)) == 2
    life.kill()
    lives.begin().turn()
    assert len(episodes(lives.client)) == 2


def test_rooms_are_shown_after_the_episodes_and_both_after_the_commit(lives: Lives) -> None:
    scores = bouts(1)
    publish(lives.client, [*night(scores), session_end(len(scores))])
    life = lives.begin()
    steps: list[str] = []
    for owner, name in (
        (life.alerter._state, "commit"),
        (life.alerter._bulletin, "publish"),
        (life.alerter._bulletin, "show"),
    ):
        monkey = getattr(owner, name)

        def noted(*arguments: object, _real: Any = monkey, _name: str = name) -> object:
            steps.append(_name)
            return _real(*arguments)

        setattr(owner, name, noted)
    life.read_all()
    assert steps[:3] == ["commit", "publish", "show"]
    assert read_rooms(lives.client)["nursery"].state is RoomState.ENDED


def test_while_nothing_is_to_be_told_a_commit_waits_and_a_death_loses_nothing(lives: Lives) -> None:
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


def test_a_wiped_redis_is_read_from_its_beginning(lives: Lives) -> None:
    scores = bouts(2)
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
    assert alerts(lives.client) == [31.0]  # the first was published before, and is told of in the outbox
    assert life.titles() == ["nursery: crying"] * 2
    assert read_rooms(lives.client)["nursery"].state is RoomState.ENDED
    assert life.metric("detections_total", outcome="duplicate") == 5.0
    assert life.metric("expected", mic="nursery") == 0.0


def test_a_redis_that_was_wiped_while_the_alerter_was_away_and_whose_clock_went_back_is_noticed(lives: Lives) -> None:
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


def test_a_hole_is_passed_after_the_lateness_bound_and_what_comes_then_is_late(lives: Lives) -> None:
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


def test_time_in_which_redis_was_away_makes_nothing_late(own_lives: Lives, redis_server: RedisServer) -> None:
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


def test_a_redis_that_is_away_is_waited_for_and_the_state_is_kept(own_lives: Lives, redis_server: RedisServer) -> None:
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
    (closing,) = episodes(own_lives.client)  # what the dead Redis held is gone with it
    assert (closing.state, closing.start_seconds, closing.end_seconds) == (EpisodeState.CLOSED, 5.0, 17.0)
    assert read_rooms(own_lives.client)["nursery"].state is RoomState.QUIET
    assert life.titles() == ["nursery: crying"]


def test_microphones_are_deaf_when_redis_is_away_for_too_long(own_lives: Lives, redis_server: RedisServer) -> None:
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


def test_deafness_is_told_once_though_the_alerter_dies(lives: Lives) -> None:
    register(lives.client)
    for _ in range(3):
        life = lives.begin()
        life.turn(7, seconds=10.0)
        life.kill()
    life = lives.begin()
    assert life.titles() == ["nursery: not listening"]
    life.turn()
    assert read_rooms(lives.client)["nursery"].state is RoomState.DEAF


def test_a_full_redis_holds_nobody_up(own_lives: Lives, redis_server: RedisServer) -> None:
    life = own_lives.begin()
    own_lives.client.xadd(names.DETECTIONS_STREAM, {names.BODY: b"garbage"})
    publish(own_lives.client, night(bouts(1)))
    redis_server.limit_memory(1)
    life.turn(3)
    assert life.titles() == ["nursery: crying"]
    assert not life.health.ready().good
    redis_server.limit_memory(0)
    life.turn()
    assert alerts(own_lives.client) == [9.0]
    assert life.health.ready().good
    assert life.metric("detections_total", outcome="dead") == 1.0


@pytest.mark.parametrize("step_seconds", [-3_600.0, 3_600.0])
def test_a_step_of_the_wall_clock_tells_nothing_twice_and_closes_nothing(lives: Lives, step_seconds: float) -> None:
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


def test_a_parent_is_told_though_the_state_file_takes_no_commit(lives: Lives) -> None:
    life = lives.begin()
    life.courier.start()
    life.connection.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    publish(lives.client, night([QUIET, LOUD, LOUD]))
    life.turn()
    assert life.parent.has_been_told.wait(10.0)
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
    life.courier.stop()
    life.courier.join()
    assert [notice.title for notice in life.parent.told] == ["nursery: crying"]


def test_an_entry_that_breaks_the_code_is_buried_and_what_follows_is_judged(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = lives.begin()
    publish(lives.client, [scored(QUIET, header(0, mic="cursed")), *night(bouts(1))])
    take = life.alerter._house.take

    def breaks(incoming: Any, now: Any) -> None:
        if incoming.mic == "cursed":
            raise ZeroDivisionError
        take(incoming, now)

    monkeypatch.setattr(life.alerter._house, "take", breaks)
    life.read_all()
    assert alerts(lives.client) == [9.0]
    buried: Any = lives.client.xrange(names.dead(names.DETECTIONS_STREAM))
    assert [fields[b"error"] for _, fields in buried] == [b"ZeroDivisionError: "]


def test_microphones_do_not_touch_each_other(lives: Lives) -> None:
    scores = bouts(3)
    life = lives.begin()
    for mic in ("nursery", "attic"):
        publish(lives.client, [*night(scores, mic=mic), session_end(len(scores), mic=mic)])
    life.read_all()
    told = episodes(lives.client)
    for mic in ("nursery", "attic"):
        assert [one.alerted_at_seconds for one in told if one.mic == mic][::2] == [9.0, 31.0, 53.0]
    assert len({one.episode_id for one in told}) == 6


def test_the_state_of_a_life_is_what_the_next_one_begins_with(lives: Lives) -> None:
    life = lives.begin()
    publish(lives.client, [*night([QUIET, LOUD, LOUD, None]), *night([LOUD] * 3, first=6)])
    life.read_all()
    life.alerter._save(at_once=True)
    before = State(life.connection, life.outbox).load()
    life.kill()
    life = lives.begin()
    assert State(life.connection, life.outbox).load() == before
    life.alerter._save(at_once=True)
    assert life.metric("commit_seconds_count") == 0.0  # nothing has changed
    with pytest.raises(sqlite3.ProgrammingError):
        lives._lives[0].connection.execute("SELECT 1")


def test_a_microphone_that_is_only_registered_is_shown_and_counted_from_nought(lives: Lives) -> None:
    register(lives.client)
    life = lives.begin()
    life.turn()
    for name in ("episodes_total", "crying_seconds_total", "deaf", "open_episodes"):
        assert life.registry.get_sample_value(f"tears_alerter_{name}", {"mic": "nursery"}) == 0.0, name
    assert life.metric("expected", mic="nursery") == 1.0


def test_the_last_bout_is_told_by_its_length_and_an_open_one_by_the_next_life_too(lives: Lives) -> None:
    publish(lives.client, night([*bouts(1), *bouts(1, crying=12, quiet=0)]))
    life = lives.begin()
    life.read_all()
    closed = next(one for one in episodes(lives.client) if one.state is EpisodeState.CLOSED)
    assert life.metric("last_episode_seconds", mic="nursery") == closed.end_seconds - closed.start_seconds
    assert life.metric("ended_episodes_total", mic="nursery") == 1.0
    assert life.metric("episodes_total", mic="nursery") == 2.0
    life.kill()
    assert lives.begin().metric("open_episodes", mic="nursery") == 1.0


def test_the_memory_that_redis_has_taken_and_may_take_is_shown(own_lives: Lives) -> None:
    own_lives.client.config_set("maxmemory", "64mb")
    life = own_lives.begin()
    life.turn()
    assert 0.0 < life.metric("redis_memory_bytes") < life.metric("redis_memory_limit_bytes") == 64 * 2**20
