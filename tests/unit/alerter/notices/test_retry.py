import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.alerter.notices import crying_notice
from support.waiting import wait_until

from tears.alerter import database
from tears.alerter.database import connect_database, owned_database
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices import retry, room_notices
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.retry import DeliveryThread
from tears.kit.clock import SystemClock
from tears.kit.files.sqlite import transaction
from tears.kit.health import Health


class FakeReceiver:
    """Takes notices in memory, refuses them, or does not answer for now."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.description = f"receiver {target}"
        self.answers: list[bool | Exception] = []
        self.refused: set[str] = set()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.tried: list[str] = []
        self.taken: list[str] = []

    def hand_over(self, notice: Notice) -> bool:
        self.tried.append(notice.key)
        self.may_answer.wait(60.0)
        answer = self.answers.pop(0) if self.answers else notice.key not in self.refused
        if isinstance(answer, Exception):
            raise answer
        if answer:
            self.taken.append(notice.key)
        return answer


class Deliveries:
    """An outbox and a delivery thread for each receiver."""

    def __init__(self, path: Path, connection: sqlite3.Connection, receivers: list[FakeReceiver]) -> None:
        self.connection = connection
        self.outbox = Outbox(connection, [receiver.target for receiver in receivers])
        self.health = Health(SystemClock())
        self.registry = CollectorRegistry()
        metrics = AlerterMetrics(self.registry)
        turns = self.outbox.turns
        self.threads = [DeliveryThread(one, path, turns, metrics, self.health, SystemClock()) for one in receivers]

    def put(self, *keys: str) -> None:
        self.put_all(*map(crying_notice, keys))

    def put_all(self, *notices: Notice) -> None:
        self.outbox.add_rows([], notices)
        for thread in self.threads:
            thread.wake()

    def counted(self, outcome: str) -> float:
        return self.registry.get_sample_value("tears_alerter_notifications_total", {"outcome": outcome}) or 0.0


@contextmanager
def deliveries(path: Path, *receivers: FakeReceiver) -> Iterator[Deliveries]:
    with owned_database(path) as connection:
        made = Deliveries(path, connection, list(receivers))
        for thread in made.threads:
            thread.start()
        yield made
        for receiver in receivers:
            receiver.may_answer.set()
        for thread in made.threads:
            thread.stop()
            thread.join()


def test_a_notice_is_delivered_once_and_leaves_the_outbox(path: Path) -> None:
    receiver = FakeReceiver("a")
    with deliveries(path, receiver) as made:
        made.put("one", "two")
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert receiver.taken == ["one", "two"]
        assert made.counted("delivered") == 2.0


def test_a_notice_is_handed_over_although_another_thread_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever has to wait for the writer waits for longer than this test.
    monkeypatch.setattr(database, "DATABASE_BUSY_SECONDS", 60.0)
    receiver = FakeReceiver("a")
    with deliveries(path, receiver) as made:
        made.put("one")
        wait_until(lambda: made.outbox.counts() == (0, 0))
        made.outbox.add_rows([], [crying_notice("two")])
        with transaction(made.connection):
            made.threads[0].wake()
            wait_until(lambda: receiver.taken == ["one", "two"])
        wait_until(lambda: made.outbox.counts() == (0, 0))


def test_a_refused_notice_is_tried_again_until_it_is_taken(path: Path) -> None:
    receiver = FakeReceiver("a")
    receiver.answers = [False, False, OSError("no route to https://token@host")]
    with deliveries(path, receiver) as made:
        made.put("one")
        wait_until(lambda: not made.health.ready().good)
        assert "token" not in made.health.ready().reason
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert (receiver.tried, receiver.taken) == (["one"] * 4, ["one"])
        assert (made.counted("failed"), made.counted("delivered")) == (3.0, 1.0)
        assert made.health.ready().good


def test_a_receiver_that_refuses_or_hangs_neither_delays_the_others_nor_repeats_their_notices(path: Path) -> None:
    refusing, hanging, well = FakeReceiver("a"), FakeReceiver("b"), FakeReceiver("c")
    refusing.answers = [False] * 3
    hanging.may_answer.clear()
    with deliveries(path, refusing, hanging, well) as made:
        made.put("one")
        wait_until(lambda: well.taken == ["one"])
        wait_until(lambda: refusing.taken == ["one"])
        hanging.may_answer.set()
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert [receiver.taken for receiver in (refusing, hanging, well)] == [["one"]] * 3


def test_a_new_notice_does_not_wait_behind_a_refused_one(path: Path) -> None:
    receiver = FakeReceiver("a")
    receiver.refused = {"one"}
    with deliveries(path, receiver) as made:
        made.put("one")
        wait_until(lambda: "one" in receiver.tried)
        made.put("two")
        wait_until(lambda: receiver.taken == ["two"])
        receiver.refused.clear()
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert receiver.taken == ["two", "one"]


def test_the_last_notice_about_listening_is_the_newest_one(path: Path) -> None:
    not_listening = [
        room_notices.not_listening_notice(mic, 1, {"reason": "silent"}, 0.0) for mic in ("nursery", "attic")
    ]
    again = room_notices.listening_again_notice("nursery", 1, 10.0)
    crying = crying_notice("one")
    receiver = FakeReceiver("a")
    receiver.refused = {one.key for one in (*not_listening, crying)}
    with deliveries(path, receiver) as made:
        made.put_all(crying, *not_listening)
        wait_until(lambda: receiver.refused <= set(receiver.tried))
        made.put_all(again)
        wait_until(lambda: receiver.taken == [again.key])
        receiver.refused.clear()
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert made.counted("outdated") == 1.0
    assert sorted(receiver.taken[1:]) == sorted([crying.key, not_listening[1].key])


def test_notices_that_an_earlier_process_left_are_delivered_at_the_start(path: Path) -> None:
    with owned_database(path) as connection:
        Outbox(connection, ["a"]).add_rows([], [crying_notice("one")])
    receiver = FakeReceiver("a")
    with deliveries(path, receiver):
        wait_until(lambda: receiver.taken == ["one"])


def test_an_unsaved_notice_is_delivered_and_not_repeated_when_it_is_saved_later(path: Path) -> None:
    receiver = FakeReceiver("a")
    with deliveries(path, receiver) as made:
        for _ in range(3):
            made.threads[0].deliver_unsaved([crying_notice("one")])
        wait_until(lambda: receiver.taken == ["one"])
        made.put("one", "two")
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert receiver.taken == ["one", "two"]


def test_a_notice_whose_row_cannot_be_removed_is_not_repeated(path: Path) -> None:
    receiver = FakeReceiver("a")
    with deliveries(path, receiver) as made:
        made.connection.execute(
            "CREATE TRIGGER broken BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'read-only'); END"
        )
        made.put("one")
        wait_until(lambda: receiver.taken == ["one"])
        made.put("two")
        wait_until(lambda: receiver.taken[1:] == ["two"])
        made.connection.execute("DROP TRIGGER broken")
        made.put("three")
        wait_until(lambda: made.outbox.counts() == (0, 0))
    assert receiver.taken == ["one", "two", "three"]


def test_a_delivery_that_breaks_down_starts_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([sqlite3.OperationalError("database is locked"), ZeroDivisionError("our own fault")])

    def connect_at_the_third_attempt(path: Path) -> sqlite3.Connection:
        for error in failures:
            raise error
        return connect_database(path)

    monkeypatch.setattr(retry, "connect_database", connect_at_the_third_attempt)
    receiver = FakeReceiver("a")
    with deliveries(path, receiver) as made:
        made.put("one")
        wait_until(lambda: made.outbox.counts() == (0, 0))
        assert made.health.ready().good
    assert receiver.taken == ["one"]


def test_a_stop_waits_for_the_answer_and_leaves_the_rest(path: Path) -> None:
    receiver = FakeReceiver("a")
    receiver.may_answer.clear()
    with deliveries(path, receiver) as made:
        made.put("one", "two")
        wait_until(lambda: receiver.tried == ["one"])
        made.threads[0].stop()
        receiver.may_answer.set()
        made.threads[0].join()
        assert made.outbox.counts() == (0, 1)
    assert receiver.taken == ["one"]


def test_a_stop_waits_for_all_receivers_together(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "LAST_ANSWER_SECONDS", 0.5)
    receivers = [FakeReceiver(name) for name in "abcdefgh"]
    for one in receivers:
        one.may_answer.clear()
    waits: list[float] = []
    with deliveries(path, *receivers) as made:
        made.put("one")
        wait_until(lambda: all(one.tried for one in receivers))
        for thread in made.threads:
            note_wait = partial(_note_wait, thread._thread.join, waits)
            monkeypatch.setattr(thread._thread, "join", note_wait)
        retry.stop_deliveries(made.threads)
        monkeypatch.undo()
    # The first one has taken all of the time.
    assert 0.0 < waits[0] <= 0.5
    assert max(waits[1:]) < 0.1


def _note_wait(join: Callable[[float], None], waits: list[float], seconds: float) -> None:
    waits.append(seconds)
    join(seconds)
