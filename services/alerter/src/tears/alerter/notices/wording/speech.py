"""Sentences, times and durations in one language, for words that are read now. No I/O but the load of a catalogue."""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tears.alerter.notices.wording.languages import load_translations
from tears.kit.clock import wall_clock_fault
from tears.kit.registry.mic_names import room_of_mic

# Times beyond this number are not listed one by one.
_MOST_LISTED_TIMES = 5
_SECONDS_PER_MINUTE = 60
_MOST_SHOWN_SECONDS = 120
_MINUTES_AN_HOUR = 60
_HOURS_PER_DAY = 24
_MOST_SHOWN_HOURS = 48


@dataclass(frozen=True, slots=True)
class Speech:
    """Says things in `language`, at the wall clock's time `now_seconds`; `name_of` names the rooms of microphones."""

    language: str
    now_seconds: float
    name_of: Callable[[str], str] = room_of_mic

    def say(self, text: str, /, **values: object) -> str:
        """Return the translation of an English text, with the values in their places."""
        return load_translations(self.language).gettext(text).format(**values)

    def say_number(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Return the translation of a text about a number of things, which has the place `{number}`."""
        found = load_translations(self.language).ngettext(one, many, number)
        return found.format(number=number, **values)

    def room(self, mic: str) -> str:
        """Return the name of a microphone's room for people; empty if it has none."""
        return self.name_of(mic)

    def time(self, at_seconds: float) -> str:
        """Return a time of day, with the date where that is not today.

        Where it would be unclear which hour is meant, because clocks were set back, the time zone is named too. So is
        UTC, which is the zone of a machine that knows no other one: a parent's clock shows another time.
        """
        try:
            at, now = time.localtime(at_seconds), time.localtime(self.now_seconds)
        except (OverflowError, OSError, ValueError):
            return self.say("an unknown time")
        shown = _time_of_day("%H:%M:%S", at_seconds)
        if (at.tm_year, at.tm_yday) != (now.tm_year, now.tm_yday):
            day = dt.date(at.tm_year, at.tm_mon, at.tm_mday)
            shown = self.say("{date}, {time}", date=self.date(day, now.tm_year), time=shown)
        return self.say("{time} (the clock was not set)", time=shown) if wall_clock_fault(at_seconds) else shown

    def date(self, day: dt.date, this_year: int | None = None) -> str:
        """Return a day and its month, and its year if another one is given as this year."""
        months = self.say("January February March April May June July August September October November December")
        month = months.split()[day.month - 1]
        if this_year in {None, day.year}:
            return self.say("{day} {month}", day=day.day, month=month)
        return self.say("{day} {month} {year}", day=day.day, month=month, year=day.year)

    def clock(self, at_seconds: float) -> str:
        """Return a time of day to the minute, where the day is clear."""
        return _time_of_day("%H:%M", at_seconds)

    def times(self, at_seconds: Sequence[float]) -> str:
        """Return a list of times, or their number and bounds if they are many."""
        texts = [self.time(one) for one in at_seconds]
        if len(texts) == 1:
            return texts[0]
        if len(texts) > _MOST_LISTED_TIMES:
            values = {"number": len(texts), "first": texts[0], "last": texts[-1]}
            return self.say("{number} times between {first} and {last}", **values)
        return self.say("{times} and {last}", times=", ".join(texts[:-1]), last=texts[-1])

    def duration(self, seconds: float) -> str:
        """Return a duration: to the second below two minutes, to the day above two days, else to the minute."""
        whole_seconds = max(0, round(seconds))
        if whole_seconds < _MOST_SHOWN_SECONDS:
            return self.say("{seconds} s", seconds=whole_seconds)
        hours, minutes = divmod(round(whole_seconds / _SECONDS_PER_MINUTE), _MINUTES_AN_HOUR)
        if not hours:
            return self.say("{minutes} min", minutes=minutes)
        if hours < _MOST_SHOWN_HOURS:
            return self.say("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return self.say_number("{number} day", "{number} days", hours // _HOURS_PER_DAY)


def _time_of_day(shape: str, at_seconds: float) -> str:
    at = time.localtime(at_seconds)
    shown = time.strftime(shape, at)
    return f"{shown} {at.tm_zone}" if _comes_twice(at_seconds) or at.tm_zone == "UTC" else shown


def _comes_twice(at_seconds: float) -> bool:
    """Return whether the clock on the wall shows this time twice, because it is set back."""
    local = dt.datetime.fromtimestamp(at_seconds, dt.UTC).astimezone().replace(tzinfo=None)
    return local.timestamp() != local.replace(fold=1).timestamp()
