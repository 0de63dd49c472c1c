"""The piece of a session that a clip holds. No I/O."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

# A clip begins this long before the crying, so that a parent hears what came before it.
CLIP_LEAD_SECONDS = 5.0
# A longer stretch of crying gives a clip of its last two minutes: as much as the room's stream holds by default.
MOST_CLIP_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class ClipSpan:
    """A stretch of one session of one microphone, in seconds of the session's own sound."""

    mic: str
    session: str
    start_seconds: float
    end_seconds: float

    @classmethod
    def of_crying(cls, mic: str, session: str, crying_from_seconds: float, until_seconds: float) -> Self:
        """Return the span from CLIP_LEAD_SECONDS before the crying, at most the last MOST_CLIP_SECONDS.

        Raises:
            ValueError: the times are not finite, or there is nothing between them.
        """
        if not (math.isfinite(crying_from_seconds) and math.isfinite(until_seconds)):
            raise ValueError(f"a clip from {crying_from_seconds} to {until_seconds} s has no length")
        start_seconds = max(0.0, crying_from_seconds - CLIP_LEAD_SECONDS, until_seconds - MOST_CLIP_SECONDS)
        if until_seconds <= start_seconds:
            raise ValueError(f"a clip from {start_seconds} to {until_seconds} s is empty")
        return cls(mic, session, start_seconds, until_seconds)

    def samples(self, rate_hz: int) -> range:
        """Return the numbers of the session's samples that lie in the span."""
        return range(round(self.start_seconds * rate_hz), round(self.end_seconds * rate_hz))


def span_of_facts(mic: str, facts: Mapping[str, object]) -> ClipSpan | None:
    """Return the span of which a notice's facts speak; None if they speak of no sound."""
    session, since, until = (facts.get(name) for name in ("session", "sound_from_seconds", "sound_until_seconds"))
    if not isinstance(session, str) or not isinstance(since, int | float) or not isinstance(until, int | float):
        return None
    try:
        return ClipSpan.of_crying(mic, session, since, until)
    except ValueError:
        return None
