"""Notes fill the seconds of a clock that trembles, and stay within their bounds."""

from support.journal.kept_history import MORNING, crying, hear

from tears.journal.history import HOLE, EpisodeNotice, HistoryFile
from tears.journal.history.heard_hours import fill_holes
from tears.journal.history.heard_notes import MOST_WAITING_EVENTS, MOST_WAITING_HOURS, HeardNotes


def scores(notes: HeardNotes) -> list[int]:
    (hour,) = notes.hours.values()
    found: list[int] = fill_holes(hour.ended, hour.covered)[0].tolist()
    return found


def test_a_window_that_only_covers_a_second_changes_no_other(history: HistoryFile) -> None:
    for k, score in enumerate((0.1, 0.9, 0.2)):
        notes = HeardNotes()
        notes.add_window("nursery", MORNING + 10 + k, 1.0, score, -40.0)
        history.write(notes)
    assert history.series("nursery", MORNING + 9, MORNING + 13).seconds.tolist() == [10, 10, 90, 20]


def test_a_clock_that_trembles_leaves_no_holes() -> None:
    notes = HeardNotes()
    for k in range(10):
        notes.add_window("nursery", MORNING + 10 + k + (0.05 if k % 2 else -0.05), 1.0, 0.3, -40.0)
    assert scores(notes)[9:19] == [30] * 10


def test_a_lost_second_between_windows_is_a_hole() -> None:
    notes = HeardNotes()
    hear(notes, MORNING + 1.5, 3)
    hear(notes, MORNING + 9.5, 3)
    assert [k for k, score in enumerate(scores(notes)) if score != HOLE] == [0, 1, 2, 3, 8, 9, 10, 11]


def test_a_long_hop_fills_the_seconds_since_the_window_before() -> None:
    notes = HeardNotes()
    for k in range(1, 4):
        notes.add_window("nursery", MORNING + 5.0 * k, 5.0, 0.1 * k, -40.0)
    assert scores(notes)[1:16] == [10] * 5 + [20] * 5 + [30] * 5


def test_an_episode_that_has_ended_is_not_opened_again() -> None:
    notes = HeardNotes()
    notes.add_episode(crying("e1", MORNING))
    notes.add_episode(crying("e1", MORNING, None))
    assert notes.episodes["e1"].ended_at == MORNING + 60.0


def test_what_waits_is_bounded_and_what_is_dropped_is_counted() -> None:
    notes = HeardNotes()
    for k in range(MOST_WAITING_HOURS + 3):
        notes.add_window("nursery", MORNING + 3_600.0 * k + 5.0, 1.0, 0.3, -40.0)
    assert len(notes.hours) == MOST_WAITING_HOURS
    assert notes.dropped == 3
    for k in range(MOST_WAITING_EVENTS + 2):
        notes.add_notice("e1", EpisodeNotice(kind="crying", who="phone", at=float(k)))
    assert len(notes.notices) == MOST_WAITING_EVENTS
    assert notes.dropped == 5
