"""The moments that a parent's times mean."""

import datetime as dt
import zoneinfo

import pytest
from support.sound.own_recordings import at

from tears.own_data.errors import MomentError
from tears.own_data.labels.label_times import ClockTime, OffsetTime, Span, night_span, parse_time, seconds_apart

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def clock(text: str) -> ClockTime:
    moment = parse_time(text)
    assert isinstance(moment, ClockTime)
    return moment


def night(begin: str, end: str) -> Span:
    return Span(at(begin), at(end))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("02:13", ClockTime(7980)),
        ("2:13", ClockTime(7980)),
        ("02:13:30", ClockTime(8010)),
        ("23:59:59.5", ClockTime(86_399.5)),
        ("+90", OffsetTime(90)),
        ("+1:30", OffsetTime(90)),
        ("+1:02:03.5", OffsetTime(3723.5)),
    ],
)
def test_times_are_read_as_parents_write_them(text: str, moment: ClockTime | OffsetTime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["24:00", "02:60", "0213", "two", "90", "", "+", "-1:30", "02:13 pm"])
def test_a_text_that_is_not_a_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(MomentError, match=r"is not a time: .*02:13.*\+1:30"):
        parse_time(text)


def test_times_of_the_clock_mean_the_night_that_was_recorded() -> None:
    recorded = [night("2026-11-22T20:00+01:00", "2026-11-23T07:00+01:00")]
    assert night_span(clock("02:13"), clock("02:21"), recorded, BERLIN) == night(
        "2026-11-23T02:13+01:00", "2026-11-23T02:21+01:00"
    )
    assert night_span(clock("22:00"), clock("22:05"), recorded, BERLIN) == night(
        "2026-11-22T22:00+01:00", "2026-11-22T22:05+01:00"
    )


def test_a_label_may_go_on_past_midnight() -> None:
    recorded = [night("2026-11-22T20:00+01:00", "2026-11-23T07:00+01:00")]
    expected = night("2026-11-22T23:55+01:00", "2026-11-23T00:10+01:00")
    assert night_span(clock("23:55"), clock("00:10"), recorded, BERLIN) == expected


def test_a_label_may_begin_on_the_evening_before_the_recording_does() -> None:
    recorded = [night("2026-11-23T00:05+01:00", "2026-11-23T07:00+01:00")]
    expected = night("2026-11-22T23:55+01:00", "2026-11-23T00:10+01:00")
    assert night_span(clock("23:55"), clock("00:10"), recorded, BERLIN) == expected


def test_with_several_nights_the_day_must_be_given() -> None:
    recorded = [night(f"2026-11-{day}T20:00+01:00", f"2026-11-{day + 1}T07:00+01:00") for day in (20, 21, 22)]
    with pytest.raises(MomentError, match=r"3 days; say which with --on: 2026-11-21, 2026-11-22, 2026-11-23"):
        night_span(clock("02:13"), clock("02:21"), recorded, BERLIN)
    expected = night("2026-11-22T02:13+01:00", "2026-11-22T02:21+01:00")
    assert night_span(clock("02:13"), clock("02:21"), recorded, BERLIN, dt.date(2026, 11, 22)) == expected


def test_for_a_time_without_recordings_the_recorded_time_is_named() -> None:
    recorded = [night("2026-11-22T22:00+01:00", "2026-11-23T07:00+01:00")]
    with pytest.raises(MomentError, match=r"2026-11-22 22:00:00 to 2026-11-23 07:00:00 CET; .*--timezone"):
        night_span(clock("12:00"), clock("12:10"), recorded, BERLIN)


def test_swapped_times_are_not_taken_for_a_whole_day() -> None:
    with pytest.raises(MomentError, match="swapped"):
        seconds_apart(clock("02:21"), clock("02:13"))
    with pytest.raises(MomentError, match="swapped"):
        seconds_apart(clock("02:21"), clock("02:21"))


def test_a_time_that_occurs_twice_is_refused_with_the_cure() -> None:
    recorded = [night("2026-10-24T20:00+02:00", "2026-10-25T07:00+01:00")]
    with pytest.raises(MomentError, match=r"02:30:00 comes twice on 2026-10-25.*--timezone UTC"):
        night_span(clock("02:30"), clock("02:40"), recorded, BERLIN)
    expected = night("2026-10-25T01:30+02:00", "2026-10-25T03:30+01:00")
    assert night_span(clock("01:30"), clock("03:30"), recorded, BERLIN) == expected
    expected = night("2026-10-25T00:30+00:00", "2026-10-25T00:40+00:00")
    assert night_span(clock("00:30"), clock("00:40"), recorded, dt.UTC) == expected


def test_a_time_that_does_not_exist_is_refused() -> None:
    recorded = [night("2026-03-28T20:00+01:00", "2026-03-29T07:00+02:00")]
    with pytest.raises(MomentError, match="02:30:00 does not exist on 2026-03-29"):
        night_span(clock("02:30"), clock("03:40"), recorded, BERLIN)
