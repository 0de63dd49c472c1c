import itertools
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry
from support.alerter.notices import english

from tears.alerter.errors import HungUpError, UnansweredError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.delivery import UNANSWERED_PAUSES_SECONDS, NoticeDelivery
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.room_notices import listening_again_notice, not_listening_notice
from tears.alerter.notices.wording import Words
from tears.kit.clock import ManualClock
from tears.kit.health import Health


class ScriptedReceiver:
    """Takes notices, or refuses or does not answer, as the test says."""

    target = description = "parent"

    def __init__(self) -> None:
        self.answer: bool | None = True
        self.tried: list[Notice] = []
        self.taken: list[Notice] = []

    def hand_over(self, notice: Notice) -> bool:
        self.tried.append(notice)
        if self.answer is None:
            raise UnansweredError
        if self.answer:
            self.taken.append(notice)
        return self.answer


class Deliveries:
    """One delivery on a clock of the test."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.clock = ManualClock(wall_seconds=1_800_000_000.0)
        self.outbox = Outbox(connection, ["parent"])
        self.receiver = ScriptedReceiver()
        self.registry = CollectorRegistry()
        self.delivery = self.begin()

    def begin(self) -> NoticeDelivery:
        """Return the delivery of a new process."""

        @contextmanager
        def borrow(*, first: bool = False) -> Iterator[Outbox]:  # noqa: ARG001 - nobody else waits here
            yield self.outbox

        self.registry = CollectorRegistry()
        self.delivery = NoticeDelivery(
            self.receiver,
            AlerterMetrics(self.registry),
            Health(self.clock),
            self.clock,
            threading.Event(),
            borrow,
        )
        return self.delivery

    def told(self) -> list[Words]:
        """Return what a parent has read, if it was handed over now."""
        return [english(one, self.clock.wall_seconds()) for one in self.receiver.taken]

    def cry(self, key: str, room: str = "nursery") -> Notice:
        """Put a notice that is true now."""
        now_seconds = self.clock.wall_seconds()
        notice = Notice(key, NoticeKind.CRYING, room, happened_at_seconds=now_seconds)
        self.outbox.add_rows([], [notice])
        return notice


@pytest.fixture
def made(connection: sqlite3.Connection) -> Deliveries:
    return Deliveries(connection)


def test_a_receiver_that_never_answers_gets_a_notice_a_few_times_with_growing_pauses(made: Deliveries) -> None:
    made.receiver.answer = None
    made.cry("one")
    tried_at: list[float] = []
    for _ in range(3_600):
        before = len(made.receiver.tried)
        made.delivery.deliver_waiting()
        if len(made.receiver.tried) > before:
            tried_at.append(made.clock.monotonic_seconds())
        made.clock.advance(1.0)
    assert [later - earlier for earlier, later in itertools.pairwise(tried_at)] == list(UNANSWERED_PAUSES_SECONDS)
    assert {one.key for one in made.receiver.tried} == {"one"}
    assert made.outbox.counts() == (0, 0)
    assert made.registry.get_sample_value("tears_alerter_notifications_total", {"outcome": "uncertain"}) == 1.0


def test_restarts_do_not_make_the_attempts_without_an_answer_endless(made: Deliveries) -> None:
    made.receiver.answer = None
    made.cry("one")
    for _ in range(20):
        made.begin().deliver_waiting()
        made.delivery.deliver_waiting()
    assert len(made.receiver.tried) == len(UNANSWERED_PAUSES_SECONDS) + 1


def test_a_notice_that_was_given_up_is_sent_with_the_next_one_that_is_accepted(made: Deliveries) -> None:
    made.receiver.answer = None
    made.cry("one")
    for _ in range(20):
        made.begin().deliver_waiting()
    made.clock.advance(3_600.0)
    made.receiver.answer = True
    assert made.delivery.deliver_waiting()
    assert made.receiver.taken == []
    made.cry("two")
    assert made.delivery.deliver_waiting()
    assert [(one.key, words.title) for one, words in zip(made.receiver.taken, made.told(), strict=True)] == [
        ("two", "nursery: crying"),
        ("one", "nursery: crying (late)"),
    ]
    assert made.outbox.waiting_notices("parent") == []


def test_a_notice_that_was_given_up_is_tried_once_for_each_one_that_is_accepted(made: Deliveries) -> None:
    made.receiver.answer = None
    made.cry("one")
    for _ in range(20):
        made.begin().deliver_waiting()
    take = made.receiver.hand_over

    def take_all_but_one(notice: Notice) -> bool:
        made.receiver.answer = True if notice.key != "one" else None
        return take(notice)

    made.receiver.hand_over = take_all_but_one  # type: ignore[method-assign]
    for key in ("two", "three"):
        made.cry(key)
        for _ in range(20):
            made.delivery.deliver_waiting()
            made.clock.advance(600.0)
    tried = [one.key for one in made.receiver.tried]
    assert tried == ["one"] * 5 + ["two", "one", "three", "one"]


def test_a_receiver_that_hangs_up_at_once_is_tried_until_it_takes_the_notice(made: Deliveries) -> None:
    made.cry("one")
    take = made.receiver.hand_over

    def hang_up(notice: Notice) -> bool:
        made.receiver.tried.append(notice)
        raise HungUpError

    made.receiver.hand_over = hang_up  # type: ignore[method-assign]
    for _ in range(100):
        assert not made.delivery.deliver_waiting()
        made.clock.advance(30.0)
    assert len(made.receiver.tried) == 100
    made.receiver.hand_over = take  # type: ignore[method-assign]
    assert made.delivery.deliver_waiting()
    assert [one.key for one in made.receiver.taken] == ["one"]


def test_a_notice_without_an_answer_does_not_hold_up_the_next(made: Deliveries) -> None:
    made.receiver.answer = None
    made.cry("one")
    assert not made.delivery.deliver_waiting()
    made.receiver.answer = True
    made.cry("two")
    assert not made.delivery.deliver_waiting()
    assert [one.key for one in made.receiver.taken] == ["two"]
    made.clock.advance(UNANSWERED_PAUSES_SECONDS[0])
    assert made.delivery.deliver_waiting()
    assert [one.key for one in made.receiver.taken] == ["two", "one"]


def test_notices_that_waited_for_a_short_time_come_oldest_first(made: Deliveries) -> None:
    made.receiver.answer = False
    for key in ("one", "two", "three"):
        made.cry(key)
        made.delivery.deliver_waiting()
        made.clock.advance(5.0)
    made.receiver.answer = True
    made.delivery.deliver_waiting()
    assert [one.key for one in made.receiver.taken] == ["one", "two", "three"]
    assert {words.title for words in made.told()} == {"nursery: crying"}


def test_notices_that_are_hours_late_are_merged_and_say_when_it_was(made: Deliveries) -> None:
    made.receiver.answer = False
    for k in range(4):
        made.cry(f"old{k}")
        made.cry(f"other{k}", room="attic")
        made.clock.advance(1_800.0)
        made.delivery.deliver_waiting()
    made.receiver.answer = True
    made.cry("now")
    made.delivery.deliver_waiting()
    titles = [words.title for words in made.told()]
    assert titles == ["nursery: crying, 4 times (late)", "attic: crying, 4 times (late)", "nursery: crying"]
    assert "2 h 0 min late" in made.told()[0].body
    assert "Crying began at" in made.told()[0].body
    assert made.outbox.counts() == (0, 0)


@pytest.mark.parametrize("restarts", [0, 1])
def test_a_notice_that_the_receiver_may_have_is_merged_with_no_other(made: Deliveries, restarts: int) -> None:
    made.receiver.answer = None
    made.cry("one")
    made.delivery.deliver_waiting()
    made.clock.advance(120.0)
    made.receiver.answer = False
    for key in ("two", "three"):
        made.cry(key)
    made.clock.advance(120.0)
    for _ in range(restarts):
        made.begin()
    made.receiver.answer = True
    made.delivery.deliver_waiting()
    assert [(one.key, words.title) for one, words in zip(made.receiver.taken, made.told(), strict=True)] == [
        ("one", "nursery: crying (late)"),
        ("three", "nursery: crying, 2 times (late)"),
    ]


def test_merged_notices_that_the_receiver_may_have_keep_their_key_and_are_merged_with_no_later_one(
    made: Deliveries,
) -> None:
    made.receiver.answer = None
    for key in ("one", "two"):
        made.cry(key)
    made.clock.advance(120.0)
    made.delivery.deliver_waiting()
    made.cry("three")
    made.clock.advance(120.0)
    made.receiver.answer = True
    made.begin().deliver_waiting()
    assert [one.key for one in made.receiver.tried] == ["two", "two", "three"]
    assert made.told()[0].title == "nursery: crying, 2 times (late)"
    assert made.outbox.counts() == (0, 0)


def test_a_slow_receiver_does_not_get_minutes_of_old_notices_one_by_one(made: Deliveries) -> None:
    for k in range(60):
        made.cry(f"old{k}")
    take = made.receiver.hand_over

    def take_slowly(notice: Notice) -> bool:
        made.clock.advance(3.0)
        return take(notice)

    made.receiver.hand_over = take_slowly  # type: ignore[method-assign]
    made.delivery.deliver_waiting()
    assert len(made.receiver.taken) <= 21
    assert made.outbox.counts() == (0, 0)


def test_a_time_without_anybody_listening_that_is_over_becomes_one_notice(made: Deliveries) -> None:
    made.receiver.answer = False
    for k in range(3):
        at_seconds = made.clock.wall_seconds()
        made.outbox.add_rows([], [not_listening_notice("nursery", k, {"reason": "silent"}, at_seconds)])
        made.clock.advance(600.0)
        made.delivery.deliver_waiting()
        at_seconds = made.clock.wall_seconds()
        made.outbox.add_rows([], [listening_again_notice("nursery", k, at_seconds)])
        made.clock.advance(600.0)
    made.receiver.answer = True
    made.delivery.deliver_waiting()
    (words,) = made.told()
    assert words.title == "nursery: listening again (late)"
    assert "Nobody listened to nursery at times since" in words.body


def test_a_notice_from_a_clock_that_was_not_set_does_not_claim_to_be_late(made: Deliveries) -> None:
    made.outbox.add_rows([], [Notice("one", NoticeKind.CRYING, "nursery", happened_at_seconds=5.0)])
    made.delivery.deliver_waiting()
    assert made.told()[0].title == "nursery: crying"
