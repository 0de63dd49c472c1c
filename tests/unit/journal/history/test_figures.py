"""Days and nights by the clock of the house, also when the clocks change and in zones of half an hour."""

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.alerter.nights import at, local_zone
from support.journal.kept_history import almost, crying, hear, keep

from tears.journal.history import HistoryFile
from tears.journal.history.figures import nights_between, read_figures
from tears.journal.history.heard_notes import HeardNotes
from tears.journal.history.history_file import HISTORY_FILE_NAME

EVENING = dt.date(2026, 11, 29)
MORNING_AFTER = dt.date(2026, 11, 30)


def heard(history: HistoryFile, from_at: float, seconds: int, mic: str = "nursery") -> None:
    notes = HeardNotes()
    # The first window also covers the second before it.
    hear(notes, from_at + 1, seconds - 1, mic)
    history.write(notes)


def test_a_night_has_its_rooms_by_name_with_all_that_is_known(history: HistoryFile) -> None:
    heard(history, at("2026-11-29 17:59"), 120, "b")
    heard(history, at("2026-11-30 09:59"), 120, "A_x00E4_")
    keep(history, crying("e1", at("2026-11-29 17:59:50"), 30.0, "b"), crying("e2", at("2026-11-30 10:01"), mic="c"))
    night = history.night(EVENING)
    assert (night.from_at, night.to_at) == (at("2026-11-29 18:00"), at("2026-11-30 10:00"))
    assert [(room.room_name, room.heard_seconds, room.crying_seconds) for room in night.rooms] == [
        ("Aä", 60.0, 0.0),
        ("b", 60.0, 20.0),
    ]
    assert all(len(room.series.seconds) == 16 * 3_600 for room in night.rooms)


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-28", 15), ("2026-10-24", 17)])
def test_a_night_in_which_the_clocks_change_has_all_its_seconds(history: HistoryFile, evening: str, hours: int) -> None:
    night = dt.date.fromisoformat(evening)
    heard(history, at(f"{evening} 18:00"), hours * 3_600)
    (room,) = history.night(night).rooms
    assert room.heard_seconds == len(room.series.seconds) == hours * 3_600
    (figures,) = history.nights(night, night)
    assert figures.heard_seconds == hours * 3_600


def test_crying_over_midnight_counts_on_both_days_and_once_in_its_night(history: HistoryFile) -> None:
    keep(history, crying("e1", at("2026-11-29 23:59:30"), 90.0), crying("e2", at("2026-11-30 00:30"), 10.0))
    days = history.days(EVENING, MORNING_AFTER)
    assert [(one.date, one.episodes, one.crying_seconds, one.longest_seconds) for one in days] == [
        (EVENING, 1, 30.0, 30.0),
        (MORNING_AFTER, 2, 70.0, 60.0),
    ]
    (night,) = history.nights(EVENING, MORNING_AFTER)
    assert (night.date, night.episodes, night.crying_seconds, night.longest_seconds) == (EVENING, 2, 100.0, 90.0)
    assert history.days(MORNING_AFTER, EVENING) == []


def test_a_day_is_cut_at_midnight_where_that_is_no_full_hour(
    history: HistoryFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_zone(monkeypatch, "Asia/Kolkata"):
        heard(history, at("2026-11-29 23:59", "Asia/Kolkata"), 120)
        days = history.days(EVENING, MORNING_AFTER)
        assert [(one.date, one.heard_seconds) for one in days] == [(EVENING, 60.0), (MORNING_AFTER, 60.0)]
        (room,) = history.day(EVENING).rooms
        assert (room.heard_seconds, len(room.series.seconds)) == (60.0, 86_400)


def test_crying_that_goes_on_counts_as_long_as_it_is_heard(history: HistoryFile) -> None:
    began_at = at("2026-11-29 20:00")
    notes = HeardNotes()
    hear(notes, began_at, 601, score=0.9)
    # Quiet, and much later something else: of an end that was lost nobody knows more.
    hear(notes, began_at + 601, 600)
    hear(notes, began_at + 1_201, 10, score=0.9)
    history.write(notes)
    keep(history, crying("goes on", began_at, None), crying("unheard", began_at, None, "den"))
    rooms = {room.mic: room.crying_seconds for room in history.night(EVENING).rooms}
    assert rooms == {"den": 2.0, "nursery": 600.0}
    nights = {one.mic: one.crying_seconds for one in history.nights(EVENING, EVENING)}
    assert nights == rooms


@pytest.mark.parametrize("ended", [False, True])
def test_crying_that_goes_on_over_midnight_counts_in_both_days_as_long_as_it_is_heard(
    history: HistoryFile, *, ended: bool
) -> None:
    notes = HeardNotes()
    hear(notes, at("2026-11-29 23:50"), 1_201, score=0.9)
    history.write(notes)
    keep(history, crying("e1", at("2026-11-29 23:50"), 1_200.0 if ended else None))
    days = history.days(EVENING, MORNING_AFTER)
    assert [(one.date, one.episodes, one.crying_seconds) for one in days] == [
        (EVENING, 1, 600.0),
        (MORNING_AFTER, 1, 600.0),
    ]
    for day in (EVENING, MORNING_AFTER):
        (room,) = history.day(day).rooms
        assert ([one.id for one in room.episodes], room.crying_seconds) == (["e1"], 600.0)
    # The newest day alone, as the pages ask for it.
    (today,) = history.days(MORNING_AFTER, MORNING_AFTER)
    assert (today.episodes, today.crying_seconds) == (1, 600.0)


@pytest.mark.parametrize("ended", [False, True])
def test_crying_that_goes_on_at_six_in_the_evening_counts_in_the_night_from_then_on(
    history: HistoryFile, *, ended: bool
) -> None:
    notes = HeardNotes()
    hear(notes, at("2026-11-29 17:55"), 481, score=0.9)
    history.write(notes)
    keep(history, crying("e1", at("2026-11-29 17:55"), 480.0 if ended else None))
    (room,) = history.night(EVENING).rooms
    assert ([one.id for one in room.episodes], room.crying_seconds) == (["e1"], 180.0)
    (night,) = history.nights(EVENING, EVENING)
    assert (night.episodes, night.crying_seconds) == (1, 180.0)
    (day,) = history.days(EVENING, EVENING)
    assert day.crying_seconds == 480.0


def test_crying_whose_end_was_lost_is_not_part_of_a_later_day(history: HistoryFile) -> None:
    notes = HeardNotes()
    hear(notes, at("2026-11-29 20:00"), 61, score=0.9)
    hear(notes, at("2026-11-30 01:00"), 61, score=0.9)
    history.write(notes)
    keep(history, crying("lost", at("2026-11-29 20:00"), None))
    (today,) = history.days(MORNING_AFTER, MORNING_AFTER)
    assert (today.episodes, today.crying_seconds) == (0, 0.0)
    assert history.episodes(None, at("2026-11-30 00:00"), at("2026-12-01 00:00")) == []


def test_the_figures_of_a_month_read_no_page_of_the_disk_for_each_hour_and_sound(
    history: HistoryFile, tmp_path: Path
) -> None:
    heard(history, at("2026-11-29 17:59"), 120)
    keep(history, crying("e1", at("2026-11-29 18:10")), almost("n1", at("2026-11-29 19:00")))
    statements: list[str] = []
    with closing(sqlite3.connect(tmp_path / HISTORY_FILE_NAME)) as connection:
        connection.set_trace_callback(statements.append)
        (figures,) = read_figures(connection, nights_between(EVENING - dt.timedelta(days=30), EVENING))
        assert (figures.episodes, figures.near_misses, figures.heard_seconds) == (1, 1, 60.0)
        connection.set_trace_callback(None)
        asked = {one for one in statements if "FROM room_names" not in one}
        assert len(asked) > 30
        plans = {row[3] for one in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {one}")}
    assert all("COVERING INDEX" in plan for plan in plans if "B-TREE" not in plan), plans
