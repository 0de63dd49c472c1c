import sqlite3

import pytest
from support.alerter.notices import crying_notice, english

from tears.alerter.notices.keeping import Keeping, KeepingReport, keeping_notice
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import EpisodeEvent, Outbox
from tears.alerter.notices.room_notices import listening_again_notice, not_listening_facts, not_listening_notice


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


def test_a_delivered_notice_outdates_only_older_ones_about_listening_to_the_same_room(
    connection: sqlite3.Connection,
) -> None:
    outbox = Outbox(connection, ["a"])
    silent = not_listening_facts("silent", 60.0)
    notices = [
        crying_notice("crying"),
        not_listening_notice("nursery", 1, silent, 1.0),
        not_listening_notice("attic", 1, silent, 2.0),
        keeping_notice(KeepingReport(Keeping.BEGUN_ANEW, "a zeroed page"), 3.0),
        keeping_notice(KeepingReport(Keeping.IN_MEMORY, "a full disk"), 4.0),
        listening_again_notice("nursery", 1, 5.0),
        keeping_notice(KeepingReport(Keeping.ON_DISK, ""), 6.0),
        not_listening_notice("nursery", 2, silent, 7.0),
    ]
    outbox.add_rows([], notices)
    waiting = outbox.waiting_notices("a")
    assert [one.notice for one in waiting] == notices
    assert outbox.drop_outdated("a", waiting[0]) == 0
    assert outbox.drop_outdated("a", waiting[5]) == 1
    assert outbox.drop_outdated("a", waiting[6]) == 1
    left = [notices[k] for k in (0, 2, 3, 5, 6, 7)]
    assert [one.notice for one in outbox.waiting_notices("a")] == left


def test_the_end_of_the_crying_outdates_its_repeats_but_never_the_alert(connection: sqlite3.Connection) -> None:
    outbox = Outbox(connection, ["a"])
    kinds = [NoticeKind.CRYING, NoticeKind.STILL_CRYING, NoticeKind.CRYING_ENDED, NoticeKind.STILL_CRYING]
    outbox.add_rows([], [Notice(f"key{k}", kind, "nursery") for k, kind in enumerate(kinds)])
    outbox.add_rows([], [Notice("other", NoticeKind.STILL_CRYING, "attic")])
    ended = outbox.waiting_notices("a")[2]
    assert outbox.drop_outdated("a", ended) == 1
    assert [one.notice.key for one in outbox.waiting_notices("a")] == ["key0", "key2", "key3", "other"]


def test_the_release_before_finds_the_words_of_a_notice_in_its_row(connection: sqlite3.Connection) -> None:
    Outbox(connection, ["a"]).add_rows([], [listening_again_notice("K_x00FC_che", 1, 1_700_000_000.0)])
    title, body, kind = connection.execute("SELECT title, body, kind FROM notices").fetchone()
    assert (title, kind) == ("Küche: listening again", "success")
    assert body.startswith("Listening to Küche again, since ")


@pytest.mark.parametrize(
    ("title", "kind", "read_as"),
    [
        ("Küche oben: crying", "warning", ("crying", "K_x00FC_che_x0020_oben")),
        ("nursery: not listening", "failure", ("not_listening", "nursery")),
        ("nursery: listening again", "success", ("listening_again", "nursery")),
        ("Tears: alerts are not saved", "warning", ("not_listening", "")),
        ("Tears: alerts are saved again", "success", ("listening_again", "")),
    ],
)
def test_a_row_of_the_release_before_keeps_its_words(
    connection: sqlite3.Connection, title: str, kind: str, read_as: tuple[str, str]
) -> None:
    connection.execute(
        "INSERT INTO notices (target, key, title, body, kind, happened_at_seconds) "
        "VALUES ('a', 'one', ?, 'Text.', ?, 9)",
        (title, kind),
    )
    (waiting,) = Outbox(connection, ["a"]).waiting_notices("a")
    assert (waiting.notice.kind, waiting.notice.mic) == read_as
    assert waiting.notice.happened_at_seconds == 9.0
    assert english(waiting.notice) == (title, "Text.")


@pytest.mark.parametrize("changed", ["notice_kind = 'lullaby'", "facts = '{'", "facts = '[]'"])
def test_a_row_that_this_release_cannot_read_is_sent_with_the_words_in_it(
    connection: sqlite3.Connection, changed: str
) -> None:
    outbox = Outbox(connection, ["a"])
    outbox.add_rows([], [crying_notice("one")])
    connection.execute(f"UPDATE notices SET title = 'nursery: new', body = 'Text.', {changed}")  # noqa: S608 - ours
    (waiting,) = outbox.waiting_notices("a")
    assert english(waiting.notice) == ("nursery: new", "Text.")
