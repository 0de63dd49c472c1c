import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry

from tears.alerter.attachments.attachment_delivery import MOST_AGE_SECONDS, MOST_ATTACHMENT_ATTEMPTS, AttachmentDelivery
from tears.alerter.attachments.waiting_attachments import MOST_WAITING_ATTACHMENTS
from tears.alerter.errors import (
    AttachmentError,
    AttachmentNotReadyError,
    HungUpError,
    NoSoundError,
    UnansweredError,
)
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import BRINGS, Attachment, Notice
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import FileReceiver
from tears.kit.clock import ManualClock

FILE = Attachment("crying.mp3", "audio/mpeg", b"the sound")


class ScriptedFileReceiver:
    target = description = "parent"

    def __init__(self) -> None:
        self.wants_clip = True
        self.answer: bool | Exception = True
        self.tried: list[Notice] = []
        self.taken: list[Notice] = []

    def takes(self, mime_type: str) -> bool:
        return mime_type == FILE.mime_type

    def hand_over(self, notice: Notice, attachments: Sequence[Attachment] = ()) -> bool:
        assert list(attachments) == [FILE]
        self.tried.append(notice)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            self.taken.append(notice)
        return self.answer


class TextReceiver:
    target = description = "parent"

    def hand_over(self, notice: Notice) -> bool:
        raise AssertionError(notice)


class ScriptedMaker:
    brings = "sound"

    def __init__(self) -> None:
        self.mime_type = FILE.mime_type
        self.fault: Exception | None = None

    def is_wanted(self, notice: Notice, receiver: FileReceiver) -> bool:
        return receiver.wants_clip and "session" in notice.facts

    def make(self, notice: Notice) -> Attachment:
        del notice
        if self.fault:
            raise self.fault
        return FILE


class Attachments:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.clock = ManualClock(wall_seconds=1_800_000_000.0)
        self.connection = connection
        self.receiver = ScriptedFileReceiver()
        self.maker = ScriptedMaker()
        self.registry = CollectorRegistry()
        self.delivery = self.begin()

    def begin(self) -> AttachmentDelivery:
        """Return the delivery of a new process."""

        @contextmanager
        def borrow() -> Iterator[Outbox]:
            yield Outbox(self.connection, ["parent"])

        self.registry = CollectorRegistry()
        self.delivery = AttachmentDelivery(
            receiver=self.receiver,
            makers={NoticeKind.CRYING: self.maker},
            metrics=AlerterMetrics(self.registry),
            clock=self.clock,
            stopping=threading.Event(),
            borrow_outbox=borrow,
        )
        return self.delivery

    def cry(self, key: str = "one", **facts: str) -> Notice:
        return Notice(key, NoticeKind.CRYING, "nursery", {"session": "s1", **facts}, self.clock.wall_seconds())

    def count(self, outcome: str) -> float:
        return self.registry.get_sample_value("tears_alerter_attachments_total", {"outcome": outcome}) or 0.0

    def rows(self) -> int:
        found: int = self.connection.execute("SELECT count(*) FROM attachments").fetchone()[0]
        return found


@pytest.fixture
def made(connection: sqlite3.Connection) -> Attachments:
    return Attachments(connection)


def test_an_attachment_follows_in_a_message_with_a_key_of_its_own(made: Attachments) -> None:
    assert made.delivery.plan([made.cry()])
    assert made.delivery.deliver_waiting()
    (taken,) = made.receiver.taken
    assert taken.facts[BRINGS] == "sound"
    assert taken.key != "one"
    assert (made.rows(), made.count("delivered")) == (0, 1)


def test_a_notice_that_says_nothing_of_a_sound_gets_no_second_message(made: Attachments) -> None:
    wall_seconds = made.clock.wall_seconds()
    assert not made.delivery.plan(
        [
            Notice("a", NoticeKind.CRYING, "nursery", {}, wall_seconds),
            Notice("b", NoticeKind.NOT_LISTENING, "nursery", {"session": "s1"}, wall_seconds),
        ]
    )
    assert made.rows() == 0


def test_a_restart_sends_what_was_planned(made: Attachments) -> None:
    made.delivery.plan([made.cry()])
    assert made.begin().deliver_waiting()
    assert len(made.receiver.taken) == 1


def test_a_repeated_text_brings_no_second_attachment_while_the_first_waits(made: Attachments) -> None:
    made.delivery.plan([made.cry()])
    made.begin().plan([made.cry()])
    made.delivery.deliver_waiting()
    assert len(made.receiver.taken) == 1


def test_a_repeat_after_a_refusal_has_the_same_key(made: Attachments) -> None:
    made.delivery.plan([made.cry()])
    made.receiver.answer = False
    assert not made.delivery.deliver_waiting()
    made.receiver.answer = True
    assert made.begin().deliver_waiting()
    first, second = made.receiver.tried
    assert first.key == second.key


@pytest.mark.parametrize("answer", [False, HungUpError(), OSError("refused")])
def test_a_receiver_that_refuses_is_tried_a_few_times_only(made: Attachments, answer: bool | Exception) -> None:  # noqa: FBT001 - a value
    made.receiver.answer = answer
    made.delivery.plan([made.cry()])
    for _ in range(MOST_ATTACHMENT_ATTEMPTS - 1):
        assert not made.delivery.deliver_waiting()
    assert made.delivery.deliver_waiting()
    assert len(made.receiver.tried) == MOST_ATTACHMENT_ATTEMPTS
    assert (made.rows(), made.count("refused"), made.count("failed")) == (0, 1, MOST_ATTACHMENT_ATTEMPTS)


def test_a_receiver_that_may_have_it_gets_it_no_second_time(made: Attachments) -> None:
    made.receiver.answer = UnansweredError()
    made.delivery.plan([made.cry()])
    assert made.delivery.deliver_waiting()
    assert (made.rows(), made.count("uncertain")) == (0, 1)


@pytest.mark.parametrize(
    ("fault", "outcome"), [(NoSoundError("gone"), "empty"), (AttachmentError("the encoder hangs"), "broken")]
)
def test_what_cannot_be_made_is_dropped_and_counted(made: Attachments, fault: Exception, outcome: str) -> None:
    made.maker.fault = fault
    made.delivery.plan([made.cry()])
    assert made.delivery.deliver_waiting()
    assert (made.rows(), made.count(outcome), made.receiver.tried) == (0, 1, [])


def test_what_cannot_be_made_yet_waits_but_not_for_long(made: Attachments) -> None:
    made.maker.fault = AttachmentNotReadyError("Redis is away")
    made.delivery.plan([made.cry()])
    assert not made.delivery.deliver_waiting()
    made.clock.advance(MOST_AGE_SECONDS)
    assert made.delivery.deliver_waiting()
    assert (made.rows(), made.count("late")) == (0, 1)


def test_one_that_waits_holds_up_no_other(made: Attachments) -> None:
    made.receiver.answer = False
    made.delivery.plan([made.cry("one")])
    made.delivery.deliver_waiting()
    made.receiver.answer = True
    made.delivery.plan([made.cry("two")])
    assert made.delivery.deliver_waiting()
    assert len(made.receiver.taken) == 2


def test_a_text_that_comes_late_brings_no_sound(made: Attachments) -> None:
    old = made.cry()
    made.clock.advance(MOST_AGE_SECONDS)
    assert not made.delivery.plan([old])
    assert made.count("late") == 1


def test_a_receiver_that_wants_no_sound_any_more_gets_none(made: Attachments) -> None:
    made.delivery.plan([made.cry()])
    made.receiver.wants_clip = False
    assert made.delivery.deliver_waiting()
    assert (made.rows(), made.receiver.tried) == (0, [])


def test_no_more_than_a_bounded_number_waits(made: Attachments) -> None:
    made.receiver.answer = False
    made.delivery.plan([made.cry(str(number)) for number in range(2 * MOST_WAITING_ATTACHMENTS)])
    assert made.rows() == MOST_WAITING_ATTACHMENTS


def test_a_row_of_another_release_is_left_out(made: Attachments) -> None:
    made.delivery.plan([made.cry("one"), made.cry("two")])
    made.connection.execute("UPDATE attachments SET notice_kind = 'of another release' WHERE key = 'one'")
    assert made.delivery.deliver_waiting()
    assert (len(made.receiver.taken), made.rows()) == (1, 0)


def test_a_database_that_cannot_be_written_is_no_more_than_a_lost_sound(made: Attachments) -> None:
    made.connection.execute("PRAGMA query_only = TRUE")
    assert not made.delivery.plan([made.cry()])
    assert made.count("broken") == 1


def test_a_receiver_that_takes_no_files_gets_no_second_message(made: Attachments) -> None:
    made.maker.mime_type = "image/png"
    assert not made.delivery.plan([made.cry()])
    made.delivery.receiver = TextReceiver()
    assert not made.delivery.plan([made.cry()])
    assert made.rows() == 0


def test_the_rows_of_receivers_that_are_gone_do_not_stay_forever(made: Attachments) -> None:
    made.delivery.plan([made.cry("one")])
    made.connection.execute("UPDATE attachments SET target = 'gone'")
    made.clock.advance(86_401.0)
    made.delivery.plan([made.cry("two")])
    assert made.rows() == 1
