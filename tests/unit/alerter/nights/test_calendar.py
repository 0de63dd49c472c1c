"""Nights begin and end by the local clock, and each is reported once, whatever the clock does."""

import pytest
from support.alerter.nights import at, local_zone

from tears.alerter.nights.due_report import due_night
from tears.kit.calendar.nights import Night, last_night, night_at

NIGHT = Night.parse("2026-11-29")
SEVEN = (7, 0)


def test_a_night_is_from_six_in_the_evening_to_ten_in_the_morning() -> None:
    assert (NIGHT.starts_seconds, NIGHT.ends_seconds) == (at("2026-11-29 18:00"), at("2026-11-30 10:00"))
    assert night_at(at("2026-11-29 17:59")) is None
    assert night_at(at("2026-11-29 18:00")) == NIGHT
    assert night_at(at("2026-11-30 09:59")) == NIGHT
    assert night_at(at("2026-11-30 10:00")) is None
    assert last_night(at("2026-11-30 12:00")) == NIGHT


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-28", 15), ("2026-10-24", 17), ("2026-11-29", 16)])
def test_a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer(evening: str, hours: int) -> None:
    night = Night.parse(evening)
    assert night.ends_seconds - night.starts_seconds == hours * 3_600


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-11-30 06:59", None),
        ("2026-11-30 07:00", "2026-11-29"),
        ("2026-11-30 18:59", "2026-11-29"),
        # The machine was off until then.
        ("2026-11-30 19:00", None),
    ],
)
def test_a_report_is_due_from_its_hour_for_half_a_day(now: str, night: str | None) -> None:
    due = due_night(at(now), SEVEN, ())
    assert (str(due) if due else None) == night


@pytest.mark.parametrize("evening", ["2026-03-28", "2026-10-24"])
def test_the_report_comes_at_its_local_hour_when_the_clocks_change(evening: str) -> None:
    night = Night.parse(evening)
    morning = "2026-03-29" if evening == "2026-03-28" else "2026-10-25"
    assert due_night(at(f"{morning} 06:59"), SEVEN, ()) is None
    assert due_night(at(f"{morning} 07:00"), SEVEN, ()) == night


@pytest.mark.parametrize(("morning", "evening"), [("2026-03-29", "2026-03-28"), ("2026-10-25", "2026-10-24")])
def test_a_report_at_an_hour_that_is_skipped_or_doubled_is_due_once(morning: str, evening: str) -> None:
    told: list[str] = []
    for minute in range(24 * 60):
        night = due_night(at(f"{morning} 00:00") + 60 * minute, (2, 30), told)
        told += [str(night)] if night else []
    assert told == [evening]


def test_a_night_that_was_told_is_not_due_again_after_the_clock_was_set_back() -> None:
    told = ["2026-11-28", "2026-11-29"]
    assert due_night(at("2026-11-30 07:00"), SEVEN, told) is None
    assert due_night(at("2026-11-29 07:00"), SEVEN, told) is None


def test_a_clock_that_was_years_ahead_does_not_keep_later_nights_from_being_told() -> None:
    assert due_night(at("2026-11-30 07:00"), SEVEN, ["2031-01-01"]) == NIGHT


def test_nothing_is_due_while_the_clock_shows_1970() -> None:
    assert due_night(8 * 3_600.0, SEVEN, ()) is None


def test_an_evening_hour_reports_the_night_before() -> None:
    assert due_night(at("2026-11-30 20:00"), (20, 0), ()) == NIGHT


def test_the_night_is_that_of_the_local_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    with local_zone(monkeypatch, "Australia/Sydney"):
        assert NIGHT.starts_seconds == at("2026-11-29 18:00", "Australia/Sydney")
