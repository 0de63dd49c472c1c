"""The stretch of a room's sound that a parent asks for on the page of missed crying."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tears.journal.web.errors import WebError
from tears.journal.web.pages.asked_dates import asked_date
from tears.kit.calendar.nights import local_seconds

# What a parent can choose from; a clip has five minutes at most.
STRETCH_MINUTES: Final = (1, 2, 3, 5)
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class AskedStretch:
    """A stretch of one room's sound; `from_at` is in seconds since 1970."""

    mic: str
    from_at: float
    minutes: int

    @property
    def to_at(self) -> float:
        """Its end, seconds since 1970."""
        return self.from_at + 60 * self.minutes

    def moved(self, minutes: int) -> "AskedStretch":
        """Return a stretch that is as long and begins this much later."""
        return replace(self, from_at=self.from_at + 60 * minutes)


def asked_stretch(fields: Mapping[str, object], mics: list[str]) -> AskedStretch:
    """Return the stretch that the fields `mic`, `day`, `time` (local) and `minutes` name; raise WebError, in words."""
    mic, at, minutes = (str(fields.get(name, "")) for name in ("mic", "time", "minutes"))
    clock = _CLOCK.fullmatch(at)
    if mic not in mics:
        raise WebError("Choose a room. Nothing is known of the one that was asked for.")
    if clock is None or minutes not in map(str, STRETCH_MINUTES):
        raise WebError("Choose a time such as 03:07, and one of the lengths on the page.")
    day = asked_date(str(fields.get("day", "")))
    return AskedStretch(mic, local_seconds(day, int(clock[1]), int(clock[2])), int(minutes))
