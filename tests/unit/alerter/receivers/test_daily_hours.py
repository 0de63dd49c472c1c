"""Hours of the day, on the clock of the house."""

import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tears.alerter.receivers.rules.daily_hours import DailyHours, lies_within, minute_of_day, parse_hours


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def in_berlin(text: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("text", "clock", "expected"),
    [
        ("22:00-07:00", "2026-07-01T21:59:59", False),
        ("22:00-07:00", "2026-07-01T22:00", True),
        ("22:00-07:00", "2026-07-02T06:59:59", True),
        ("22:00-07:00", "2026-07-02T07:00", False),
        ("8:00 - 17:30", "2026-07-01T17:29", True),
        ("8:00 - 17:30", "2026-07-01T17:30", False),
        ("00:00-24:00", "2026-07-01T00:00", True),
        ("12:00-24:00", "2026-07-01T23:59", True),
    ],
)
def test_the_end_of_the_hours_lies_outside(text: str, clock: str, *, expected: bool) -> None:
    assert lies_within(in_berlin(clock), [parse_hours(text)], unknown=False) is expected


def test_hours_are_those_of_the_clock_on_the_wall_in_summer_and_in_winter() -> None:
    hours = [parse_hours("22:00-07:00")]
    for day in ("2026-01-15", "2026-07-15"):
        assert lies_within(in_berlin(f"{day}T06:59"), hours, unknown=False)
        assert not lies_within(in_berlin(f"{day}T07:00"), hours, unknown=False)


def test_an_hour_that_comes_twice_lies_within_both_times() -> None:
    hours = [parse_hours("02:00-03:00")]
    assert in_berlin("2026-10-25T02:30", fold=1) - in_berlin("2026-10-25T02:30") == 3_600.0
    for fold in (0, 1):
        assert lies_within(in_berlin("2026-10-25T02:30", fold), hours, unknown=False)


def test_hours_that_begin_in_an_hour_that_is_left_out_begin_after_it() -> None:
    hours = [parse_hours("02:30-06:00")]
    before = in_berlin("2026-03-29T01:59:59")
    assert not lies_within(before, hours, unknown=False)
    assert lies_within(before + 1.0, hours, unknown=False)


@pytest.mark.parametrize("unknown", [False, True])
def test_a_clock_that_cannot_be_right_says_nothing(*, unknown: bool) -> None:
    assert minute_of_day(0.0) is None
    assert lies_within(60.0, [DailyHours(0, 1_440)], unknown=unknown) is unknown


@pytest.mark.parametrize(
    "text", ["22-07", "25:00-07:00", "22:60-07:00", "07:00-07:00", "24:00-07:00", "22:00-24:01", ""]
)
def test_other_texts_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match="22:00-07:00"):
        parse_hours(text)
