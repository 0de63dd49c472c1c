import sqlite3

from support.alerter.notices import crying_notice

from tears.alerter.notices.outbox import EpisodeEvent, Outbox


def test_each_receiver_has_its_own_row(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a", "b"])
    outbox.add_rows([], [crying_notice("one")])
    waiting = outbox.next_notice("a")
    assert waiting is not None
    assert outbox.next_notice("a", skip=["one"]) is None
    assert outbox.remove_notices("a", ["one", "two"]) == ["one"]
    assert outbox.next_notice("a") is None
    left = outbox.next_notice("b")
    assert left is not None
    assert left.notice == crying_notice("one")


def test_a_repeated_event_or_notice_adds_no_row(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a"])
    for _ in range(2):
        outbox.add_rows([EpisodeEvent("mark", b"body")], [crying_notice("one")])
    assert outbox.counts() == (1, 1)


def test_a_refused_notice_comes_after_one_that_was_not_tried_yet(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a"])
    outbox.add_rows([], [crying_notice("one"), crying_notice("two")])
    waiting = outbox.next_notice("a")
    assert waiting is not None
    assert (waiting.notice.key, waiting.attempts) == ("one", 0)
    outbox.count_attempt(waiting)
    second = outbox.next_notice("a")
    assert second is not None
    assert second.notice.key == "two"
    outbox.remove_notices("a", ["two"])
    again = outbox.next_notice("a")
    assert again is not None
    assert (again.notice.key, again.attempts) == ("one", 1)


def test_the_oldest_rows_are_dropped_when_there_are_too_many(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a", "b"], most_events=3, most_notices=2)
    dropped = outbox.add_rows(
        [EpisodeEvent(f"mark{k}", b"") for k in range(5)], [crying_notice(f"key{k}") for k in range(4)]
    )
    assert (dropped.events, dropped.notices) == (2, 4)
    assert [event.mark for _, event in outbox.oldest_events(10)] == ["mark2", "mark3", "mark4"]
    waiting = outbox.next_notice("b")
    assert waiting is not None
    assert waiting.notice.key == "key2"


def test_rows_of_receivers_that_are_no_longer_configured_are_dropped_and_counted(
    connection: sqlite3.Connection,
) -> None:
    Outbox(connection, ["a", "b"]).add_rows([], [crying_notice("one"), crying_notice("two")])
    assert Outbox(connection, ["b"]).drop_unconfigured() == 2
    assert Outbox(connection, ["b"]).counts() == (0, 2)
    assert Outbox(connection, []).drop_unconfigured() == 2


def test_published_events_leave_the_outbox(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, [])
    outbox.add_rows([EpisodeEvent(f"mark{k}", b"body") for k in range(3)], [])
    rows = [row for row, _ in outbox.oldest_events(2)]
    outbox.remove_events(rows)
    assert [event.mark for _, event in outbox.oldest_events(10)] == ["mark2"]
