"""What was heard since the history was last written: collected by the follower, and bounded. No I/O."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from tears.journal.history.heard_hours import SECONDS_AN_HOUR, HourArray, empty_hour, hour_of, put_second
from tears.journal.history.records import HOLE, EpisodeNotice, KeptEpisode, NearMiss

# The bounds of what waits while the disk takes nothing. An hour takes 7 KiB: these are two days of ten rooms.
MOST_WAITING_HOURS: Final = 480
MOST_WAITING_EVENTS: Final = 5_000


@dataclass
class HeardNotes:
    """Belongs to one thread.

    Attributes:
        hours: what was heard, by microphone and number of the hour.
        episodes: by id, the newest message of each.
        near_misses: by id.
        notices: with the ids of their episodes.
        places: how far each stream of Redis has been read, when everything before is in these notes or written.
        dropped: how many hours and events were forgotten, the oldest first, to keep the bounds.
    """

    hours: dict[tuple[str, int], HourArray] = field(default_factory=dict)
    episodes: dict[str, KeptEpisode] = field(default_factory=dict)
    near_misses: dict[str, NearMiss] = field(default_factory=dict)
    notices: dict[tuple[str, EpisodeNotice], None] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    dropped: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be written."""
        return not (self.hours or self.episodes or self.near_misses or self.notices or self.places)

    def add_window(self, mic: str, at: float, hop_seconds: float, score: float, level_dbfs: float) -> None:
        """Note a window that ends `at`, `hop_seconds` after the one before it.

        Its second gets its score, and so do the seconds since the window before, where there is a hole: a recorder's
        clock is not exact, so two windows may end in one second, and none in the next.
        """
        last = int(at // 1)
        first = int((at - hop_seconds) // 1)
        for second in range(first, last + 1):
            hour = self._hour(mic, second)
            place = second % SECONDS_AN_HOUR
            if second == last or hour[0, place] == HOLE:
                put_second(hour, place, score, level_dbfs)

    def add_episode(self, episode: KeptEpisode) -> None:
        """Note that an episode has begun or ended."""
        known = self.episodes.get(episode.id)
        if known is None or known.ended_at is None:
            self.episodes[episode.id] = episode
        self._bound(self.episodes, MOST_WAITING_EVENTS)

    def add_near_miss(self, near_miss: NearMiss) -> None:
        """Note a near miss that is over."""
        self.near_misses[near_miss.id] = near_miss
        self._bound(self.near_misses, MOST_WAITING_EVENTS)

    def add_notice(self, episode_id: str, notice: EpisodeNotice) -> None:
        """Note that somebody was told of an episode, or acknowledged it."""
        self.notices[episode_id, notice] = None
        self._bound(self.notices, MOST_WAITING_EVENTS)

    def _hour(self, mic: str, second: int) -> HourArray:
        key = (mic, hour_of(second))
        hour = self.hours.get(key)
        if hour is None:
            hour = self.hours[key] = empty_hour()
            self._bound(self.hours, MOST_WAITING_HOURS)
        return hour

    def _bound(self, waiting: MutableMapping[Any, Any], most: int) -> None:
        while len(waiting) > most:
            del waiting[next(iter(waiting))]
            self.dropped += 1
