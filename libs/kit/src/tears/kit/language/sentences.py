"""Sentences, durations and months in one language. No I/O but the load of a catalogue.

The English sentences stand in the code. The services that say them have the other languages in catalogues of their own,
in which `make translations` also puts what stands here.
"""

import abc
import datetime as dt
import gettext
from typing import Final

_SECONDS_A_MINUTE: Final = 60
_MINUTES_AN_HOUR: Final = 60
_HOURS_A_DAY: Final = 24
# A shorter time is shown to the second, and a longer one to the day.
_SHORT_SECONDS: Final = 120
_LONG_HOURS: Final = 48


class Sentences(abc.ABC):
    """Says things in one language; a class of each service says which."""

    __slots__ = ()

    @abc.abstractmethod
    def catalogue(self) -> gettext.NullTranslations:
        """Return the catalogue of the language."""

    def say(self, text: str, /, **values: object) -> str:
        """Return the translation of an English text, with the values, if there are any, in their places `{name}`."""
        found = self.catalogue().gettext(text)
        return found.format(**values) if values else found

    def say_number(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Return the translation of a text about a number of things, which has the place `{number}`."""
        return self.catalogue().ngettext(one, many, number).format(number=number, **values)

    def month(self, day: dt.date) -> str:
        """Return the name of the day's month."""
        months = self.say("January February March April May June July August September October November December")
        return months.split()[day.month - 1]

    def duration(self, seconds: float) -> str:
        """Return a duration: to the second below two minutes, to the day from two days on, else to the minute."""
        whole_seconds = max(0, round(seconds))
        if whole_seconds < _SHORT_SECONDS:
            return self.say("{seconds} s", seconds=whole_seconds)
        hours, minutes = divmod(round(whole_seconds / _SECONDS_A_MINUTE), _MINUTES_AN_HOUR)
        if not hours:
            return self.say("{minutes} min", minutes=minutes)
        if hours < _LONG_HOURS:
            return self.say("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return self.say_number("{number} day", "{number} days", hours // _HOURS_A_DAY)
