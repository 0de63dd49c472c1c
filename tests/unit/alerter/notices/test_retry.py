from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.waiting import wait_until

from tears.alerter.database import connect, owned_database
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices import retry as courier_module
from tears.alerter.notices import wording
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.retry import Courier
from tears.alerter.notices.wording import Notice
from tears.kit.clock import SystemClock
from tears.kit.health import Health


class Parent:
    """Takes notices in memory, or refuses them, or does not answer for now."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.description = f"parent {target}"
        self.answers: list[bool | Exception] = []
        self.refused: set[str] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.tried: list[str] = []
        self.told: list[str] = []

    def hand_over(self, notice: Notice) -> bool:
        self.tried.append(notice.key)
        self.may_answer.wait(10.0)
        answer = self.answers.pop(0) if self.answers else notice.key not in self.refused
        if isinstance(answer, Exception):
            raise answer
        if answer:
            self.told.append(notice.key)
        return answer


class Post:
    """An outbox and a courier for each parent."""

    def __init__(self, path: Path, connection: sqlite3.Connection, parents: list[Parent]) -> None:
        self.connection = connection
        self.outbox = Outbox(connection, [parent.target for parent in parents])
        self.health = Health(SystemClock())
        self.registry = CollectorRegistry()
        metrics = AlerterMetrics(self.registry)
        self.couriers = [Courier(parent, path, metrics, self.health, SystemClock()) for parent in parents]

    def put(self, *keys: str) -> None:
        self.put_all(*map(notice, keys))

    def put_all(self, *given: Notice) -> None:
        self.outbox.add([], given)
        for courier in self.couriers:
            courier.wake()

    def counted(self, outcome: str) -> float:
        return self.registry.get_sample_value("tears_alerter_notifications_total", {"outcome": outcome}) or 0.0


def notice(key: str) -> Notice:
    return Notice(key, "nursery: crying", f"episode {key}", "warning")


@contextmanager
def post(path: Path, *parents: Parent) -> Iterator[Post]:
    with owned_database(path) as connection:
        made = Post(path, connection, list(parents))
        for courier in made.couriers:
            courier.start()
        yield made
        for parent in parents:
            parent.may_answer.set()
        for courier in made.couriers:
            courier.stop()
            courier.join()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerter.sqlite"


def test_a_notice_is_handed_over_once_and_leaves_the_outbox(path: Path) -> None:
    parent = Parent("a")
    with post(path, parent) as made:
        made.put("one", "two")
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert parent.told == ["one", "two"]
        assert made.counted("delivered") == 2.0


def test_a_refusal_is_tried_again_until_it_is_taken(path: Path) -> None:
    parent = Parent("a")
    parent.answers = [False, False, OSError("no route to https://token@host")]
    with post(path, parent) as made:
        made.put("one")
        wait_until(lambda: not made.health.ready().good)
        assert "token" not in made.health.ready().reason
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert (parent.tried, parent.told) == (["one"] * 4, ["one"])
        assert (made.counted("failed"), made.counted("delivered")) == (3.0, 1.0)
        assert made.health.ready().good


def test_a_parent_who_refuses_or_hangs_keeps_no_other_waiting_and_tells_no_other_twice(path: Path) -> None:
    refusing, hanging, well = Parent("a"), Parent("b"), Parent("c")
    refusing.answers = [False] * 3
    hanging.may_answer.clear()
    with post(path, refusing, hanging, well) as made:
        made.put("one")
        wait_until(lambda: well.told == ["one"])
        wait_until(lambda: refusing.told == ["one"])
        hanging.may_answer.set()
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert [parent.told for parent in (refusing, hanging, well)] == [["one"]] * 3


def test_a_new_notice_does_not_wait_behind_one_that_is_refused(path: Path) -> None:
    parent = Parent("a")
    parent.refused = {"one"}
    with post(path, parent) as made:
        made.put("one")
        wait_until(lambda: "one" in parent.tried)
        made.put("two")
        wait_until(lambda: parent.told == ["two"])
        parent.refused.clear()
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert parent.told == ["two", "one"]


def test_the_last_word_on_a_microphone_is_the_newest_one(path: Path) -> None:
    deaf = [wording.deaf(mic, 1, "Nothing has been heard", 0.0) for mic in ("nursery", "attic")]
    hears = wording.hears_again("nursery", 1, 10.0)
    crying = notice("one")
    parent = Parent("a")
    parent.refused = {one.key for one in (*deaf, crying)}
    with post(path, parent) as made:
        made.put_all(crying, *deaf)
        wait_until(lambda: parent.refused <= set(parent.tried))
        made.put_all(hears)
        wait_until(lambda: parent.told == [hears.key])
        parent.refused.clear()
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert made.counted("outdated") == 1.0
    assert sorted(parent.told[1:]) == sorted([crying.key, deaf[1].key])


def test_what_an_earlier_life_left_is_handed_over_at_the_start(path: Path) -> None:
    with owned_database(path) as connection:
        Outbox(connection, ["a"]).add([], [notice("one")])
    parent = Parent("a")
    with post(path, parent):
        wait_until(lambda: parent.told == ["one"])


def test_what_could_not_be_saved_is_told_and_not_again_when_it_is_saved_later(path: Path) -> None:
    parent = Parent("a")
    with post(path, parent) as made:
        for _ in range(3):
            made.couriers[0].tell_unsaved([notice("one")])
        wait_until(lambda: parent.told == ["one"])
        made.put("one", "two")
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert parent.told == ["one", "two"]


def test_a_row_that_cannot_be_removed_is_not_told_again(path: Path) -> None:
    parent = Parent("a")
    with post(path, parent) as made:
        made.connection.execute(
            "CREATE TRIGGER broken BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'read-only'); END"
        )
        made.put("one")
        wait_until(lambda: parent.told == ["one"])
        made.put("two")
        wait_until(lambda: parent.told[1:] == ["two"])
        made.connection.execute("DROP TRIGGER broken")
        made.put("three")
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert parent.told == ["one", "two", "three"]


def test_a_courier_that_stumbles_starts_again_and_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stumbles = iter([sqlite3.OperationalError("database is locked"), ZeroDivisionError("our own fault")])

    def connects(path: Path) -> sqlite3.Connection:
        for error in stumbles:
            raise error
        return connect(path)

    monkeypatch.setattr(courier_module, "connect", connects)
    parent = Parent("a")
    with post(path, parent) as made:
        made.put("one")
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert made.health.ready().good
    assert parent.told == ["one"]


def test_a_stop_waits_for_the_answer_and_leaves_the_rest(path: Path) -> None:
    parent = Parent("a")
    parent.may_answer.clear()
    with post(path, parent) as made:
        made.put("one", "two")
        wait_until(lambda: parent.tried == ["one"])
        made.couriers[0].stop()
        parent.may_answer.set()
        made.couriers[0].join()
        assert made.outbox.counts() == (0, 1)
    assert parent.told == ["one"]
