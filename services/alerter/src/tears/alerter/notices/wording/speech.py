"""Sentences, times and durations in one language, for words that are read now. No I/O but the load of a catalogue."""

import datetime as dt
import gettext
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tears.alerter.notices.wording.languages import load_translations
from tears.kit.clock import wall_clock_fault
from tears.kit.language.sentences import Sentences
from tears.kit.registry.mic_names import room_of_mic

# Times beyond this number are not listed one by one.
_MOST_LISTED_TIMES = 5


@dataclass(frozen=True, slots=True)
class Speech(Sentences):
    """Says things in `language`, at the wall clock's time `now_seconds`; `name_of` names the rooms of microphones."""

    language: str
    now_seconds: float
    name_of: Callable[[str], str] = room_of_mic

    def catalogue(self) -> gettext.NullTranslations:
        """Return the catalogue of the language."""
        return load_translations(self.language)

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
        month = self.month(day)
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


def _time_of_day(shape: str, at_seconds: float) -> str:
    at = time.localtime(at_seconds)
    shown = time.strftime(shape, at)
    return f"{shown} {at.tm_zone}" if _comes_twice(at_seconds) or at.tm_zone == "UTC" else shown


def _comes_twice(at_seconds: float) -> bool:
    """Return whether the clock on the wall shows this time twice, because it is set back."""
    local = dt.datetime.fromtimestamp(at_seconds, dt.UTC).astimezone().replace(tzinfo=None)
    return local.timestamp() != local.replace(fold=1).timestamp()
