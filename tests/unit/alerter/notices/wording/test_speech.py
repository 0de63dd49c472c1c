from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tears.alerter.notices.wording.speech import Speech

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC).timestamp()
HOUR, DAY = 3_600.0, 86_400.0


@pytest.mark.parametrize(
    ("before_seconds", "english", "german"),
    [
        (0.0, "12:00:00", "12:00:00"),
        (12 * HOUR, "00:00:00", "00:00:00"),
        (12 * HOUR + 1, "29 November, 23:59:59", "29. November, 23:59:59"),
        (334 * DAY, "31 December 2025, 12:00:00 (the clock was not set)", None),
        (-33 * DAY, "2 January 2027, 12:00:00", "2. Januar 2027, 12:00:00"),
    ],
)
def test_a_time_has_its_date_where_that_is_not_today(before_seconds: float, english: str, german: str | None) -> None:
    assert Speech("en", NOW).time(NOW - before_seconds) == english
    if german is not None:
        assert Speech("de", NOW).time(NOW - before_seconds) == german


def test_today_is_the_day_of_the_house_and_not_of_greenwich(zone: Callable[[str], None]) -> None:
    zone("Pacific/Auckland")
    assert Speech("en", NOW).time(NOW - 2 * HOUR) == "30 November, 23:00:00"


@pytest.mark.parametrize(
    ("utc", "shown"),
    [
        ((2026, 10, 25, 0, 29), "02:29:00 CEST"),
        ((2026, 10, 25, 1, 29), "02:29:00 CET"),
        ((2026, 10, 24, 23, 59), "01:59:00"),
        ((2026, 10, 25, 2, 0), "03:00:00"),
        ((2026, 3, 29, 1, 30), "03:30:00"),
    ],
)
def test_the_hour_that_comes_twice_when_clocks_are_set_back_has_its_zone(
    zone: Callable[[str], None], utc: tuple[int, int, int, int, int], shown: str
) -> None:
    zone("Europe/Berlin")
    at_seconds = datetime(*utc, tzinfo=UTC).timestamp()
    assert Speech("en", at_seconds + HOUR).time(at_seconds) == shown
    assert Speech("en", at_seconds + HOUR).clock(at_seconds) == shown.replace(":00 ", " ").removesuffix(":00")


def test_a_duration_over_the_change_of_the_clocks_is_the_time_that_passed(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    begin = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    end = datetime(2026, 10, 25, 1, 30, tzinfo=UTC).timestamp()
    assert Speech("en", end).duration(end - begin) == "1 h 0 min"


@pytest.mark.parametrize("at_seconds", [5.0, 0.0, 4e9])
def test_a_time_of_a_clock_that_was_not_set_says_so(at_seconds: float) -> None:
    assert Speech("en", at_seconds).time(at_seconds).endswith(" (the clock was not set)")
    assert Speech("de", NOW).time(at_seconds).endswith(" (die Uhr war nicht gestellt)")


@pytest.mark.parametrize("at_seconds", [1e20, -1e20, float("inf"), float("nan")])
def test_a_time_that_no_calendar_has_is_unknown(at_seconds: float) -> None:
    assert Speech("en", NOW).time(at_seconds) == "an unknown time"
    assert Speech("en", at_seconds).time(NOW) == "an unknown time"


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (-5.0, "0 s", "0 s"),
        (119.4, "119 s", "119 s"),
        (120.0, "2 min", "2 min"),
        (3_599.0, "1 h 0 min", "1 h 0 min"),
        (2 * DAY - 60, "47 h 59 min", "47 h 59 min"),
        (2 * DAY, "2 days", "2 Tage"),
    ],
)
def test_a_duration_is_as_exact_as_it_is_short(seconds: float, english: str, german: str) -> None:
    assert Speech("en", NOW).duration(seconds) == english
    assert Speech("de", NOW).duration(seconds) == german


def test_many_times_become_their_number_and_bounds() -> None:
    minutes = [NOW - 60.0 * k for k in range(6, 0, -1)]
    assert Speech("en", NOW).times(minutes[:1]) == "11:54:00"
    assert Speech("en", NOW).times(minutes[:3]) == "11:54:00, 11:55:00 and 11:56:00"
    assert Speech("de", NOW).times(minutes) == "6-mal zwischen 11:54:00 und 11:59:00"
