"""Sentences, dates, times and durations in one language. No I/O but the load of a catalogue."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Final

from tears.journal.web.words.catalogues import load_catalogue

_SECONDS_PER_MINUTE: Final = 60
_MOST_SHOWN_SECONDS: Final = 120
_MINUTES_AN_HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class PageWords:
    """Says things in `language`: "en" or "de"."""

    language: str

    def say(self, text: str, /, **values: object) -> str:
        """Return the translation of an English text, with the values in their places `{name}`."""
        return load_catalogue(self.language).gettext(text).format(**values)

    def say_number(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Return the translation of a text about a number of things, which has the place `{number}`."""
        return load_catalogue(self.language).ngettext(one, many, number).format(number=number, **values)

    def clock(self, at_seconds: float) -> str:
        """Return a time of day to the minute, such as 03:07, from seconds since 1970."""
        return time.strftime("%H:%M", time.localtime(at_seconds))

    def exact_clock(self, at_seconds: float) -> str:
        """Return a time of day to the second."""
        return time.strftime("%H:%M:%S", time.localtime(at_seconds))

    def moment(self, at_seconds: float) -> str:
        """Return a day and a time of day, such as Sunday, 29 November, 03:07."""
        day = dt.date.fromtimestamp(at_seconds)  # noqa: DTZ012 - local time is meant
        return self.say("{day}, {time}", day=self.weekday_date(day), time=self.clock(at_seconds))

    def date(self, day: dt.date) -> str:
        """Return a day and its month, such as 29 November."""
        return self.say("{day} {month}", day=day.day, month=self.month(day))

    def weekday_date(self, day: dt.date) -> str:
        """Return a day with its weekday, such as Sunday, 29 November."""
        return self.say("{weekday}, {date}", weekday=self.weekday(day), date=self.date(day))

    def weekday(self, day: dt.date) -> str:
        """Return the name of the day of the week."""
        return self.say("Monday Tuesday Wednesday Thursday Friday Saturday Sunday").split()[day.weekday()]

    def short_weekday(self, day: dt.date) -> str:
        """Return the name of the day of the week in two or three letters."""
        return self.say("Mon Tue Wed Thu Fri Sat Sun").split()[day.weekday()]

    def month(self, day: dt.date) -> str:
        """Return the name of the day's month."""
        months = self.say("January February March April May June July August September October November December")
        return months.split()[day.month - 1]

    def duration(self, seconds: float) -> str:
        """Return a duration: to the second below two minutes, else to the minute."""
        whole_seconds = max(0, round(seconds))
        if whole_seconds < _MOST_SHOWN_SECONDS:
            return self.say("{seconds} s", seconds=whole_seconds)
        hours, minutes = divmod(round(whole_seconds / _SECONDS_PER_MINUTE), _MINUTES_AN_HOUR)
        if not hours:
            return self.say("{minutes} min", minutes=minutes)
        return self.say("{hours} h {minutes} min", hours=hours, minutes=minutes)
