import datetime as dt

import pytest

from tears.journal.web.words.catalogues import language_of
from tears.journal.web.words.page_words import PageWords

ENGLISH, GERMAN = PageWords("en"), PageWords("de")
DAY = dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.5,en;q=0.4", "de"),
        ("en;q=0.3,de;q=0.7", "de"),
        ("de;q=0,en;q=0.1", "en"),
        ("fr,de;q=0", "en"),
        ("fr, nl", "en"),
        ("de;q=often", "en"),
        (";;;,,=", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(asked: str, language: str) -> None:
    assert language_of(asked) == language


def test_dates_are_written_as_people_of_the_language_write_them() -> None:
    assert [ENGLISH.weekday_date(DAY), ENGLISH.short_date(DAY)] == ["Sunday, 1 March", "Sun 1 Mar"]
    assert [GERMAN.weekday_date(DAY), GERMAN.short_date(DAY)] == ["Sonntag, 1. März", "So 1. März"]


def test_days_of_one_month_name_it_once() -> None:
    assert ENGLISH.dates(dt.date(2026, 3, 2), dt.date(2026, 3, 8)) == "2 to 8 March"
    assert ENGLISH.dates(dt.date(2026, 2, 28), dt.date(2026, 3, 6)) == "28 February to 6 March"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (119.4, "119 s"), (120.0, "2 min"), (3_599.0, "1 h 0 min"), (5_400.0, "1 h 30 min")],
)
def test_a_duration_is_shown_to_the_second_only_if_it_is_short(seconds: float, shown: str) -> None:
    assert ENGLISH.duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "english", "german"), [(0, "0", "0"), (2.0, "2", "2"), (2.46, "2.5", "2,5"), (1.99, "2", "2")]
)
def test_an_average_has_a_tenth_only_if_there_is_one(number: float, english: str, german: str) -> None:
    assert (ENGLISH.average(number), GERMAN.average(number)) == (english, german)


def test_a_text_without_values_may_hold_braces() -> None:
    assert ENGLISH.say("a {brace}") == "a {brace}"
