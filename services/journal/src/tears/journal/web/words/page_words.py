"""Sentences, dates, times and durations in one language. No I/O but the load of a catalogue."""

import datetime as dt
import gettext
import time
from dataclasses import dataclass

from tears.journal.web.words.catalogues import load_catalogue
from tears.kit.language.sentences import Sentences


@dataclass(frozen=True, slots=True)
class PageWords(Sentences):
    """Says things in `language`: "en" or "de"."""

    language: str

    def catalogue(self) -> gettext.NullTranslations:
        """Return the catalogue of the language."""
        return load_catalogue(self.language)

    def clock(self, at_seconds: float) -> str:
        """Return a time of day to the minute, such as 03:07, from seconds since 1970."""
        return time.strftime("%H:%M", time.localtime(at_seconds))

    def exact_clock(self, at_seconds: float) -> str:
        """Return a time of day to the second."""
        return time.strftime("%H:%M:%S", time.localtime(at_seconds))

    def date(self, day: dt.date) -> str:
        """Return a day and its month, such as 29 November."""
        return self.say("{day} {month}", day=day.day, month=self.month(day))

    def short_date(self, day: dt.date) -> str:
        """Return a day for a narrow place, such as Sun 29 Nov."""
        months = self.say("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()
        values = {"weekday": self.short_weekday(day), "day": day.day, "month": months[day.month - 1]}
        return self.say("{weekday} {day} {month}", **values)

    def short_moment(self, at_seconds: float) -> str:
        """Return a day and a time of day for a narrow place, such as Sun 29 Nov, 03:07."""
        day = dt.date.fromtimestamp(at_seconds)  # noqa: DTZ012 - local time is meant
        return self.say("{day}, {time}", day=self.short_date(day), time=self.clock(at_seconds))

    def dates(self, first: dt.date, last: dt.date) -> str:
        """Return the days from one to another, such as 23 to 29 November."""
        if (first.year, first.month) == (last.year, last.month):
            return self.say("{first} to {last}", first=self.say("{day}", day=first.day), last=self.date(last))
        return self.say("{first} to {last}", first=self.date(first), last=self.date(last))

    def weekday_date(self, day: dt.date) -> str:
        """Return a day with its weekday, such as Sunday, 29 November."""
        return self.say("{weekday}, {date}", weekday=self.weekday(day), date=self.date(day))

    def weekday(self, day: dt.date) -> str:
        """Return the name of the day of the week."""
        return self.say("Monday Tuesday Wednesday Thursday Friday Saturday Sunday").split()[day.weekday()]

    def short_weekday(self, day: dt.date) -> str:
        """Return the name of the day of the week in two or three letters."""
        return self.say("Mon Tue Wed Thu Fri Sat Sun").split()[day.weekday()]

    def average(self, number: float) -> str:
        """Return a number of things that are counted, to a tenth, such as 2.5, or whole, such as 2."""
        whole, tenth = divmod(round(number * 10), 10)
        return self.say("{whole}.{tenth}", whole=whole, tenth=tenth) if tenth else str(whole)
