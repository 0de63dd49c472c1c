"""What was heard since the history was last written: collected by the follower, and bounded. No I/O."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from tears.journal.history.heard_hours import SECONDS_AN_HOUR, HourArray, empty_hour, hour_of, put_second
from tears.journal.history.records import EpisodeNotice, KeptEpisode, NearMiss

# The bounds of what waits while the disk takes nothing. An hour takes 14 KiB: these are two days of ten rooms.
MOST_WAITING_HOURS: Final = 480
MOST_WAITING_EVENTS: Final = 5_000


@dataclass(slots=True)
class NotedHour:
    """An hour of a room: the windows that ended in each second, and those that only covered it.

    A recorder's clock is not exact, so two windows may end in one second and none in the next; and with a longer hop
    none ends in most. What only covers a second counts where nothing else is known of it, also from earlier notes.
    """

    ended: HourArray = field(default_factory=empty_hour)
    covered: HourArray = field(default_factory=empty_hour)


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

    hours: dict[tuple[str, int], NotedHour] = field(default_factory=dict)
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
        """Note a window that ends `at`, `hop_seconds` after the one before it."""
        last = int(at // 1)
        put_second(self._hour(mic, last).ended, last % SECONDS_AN_HOUR, score, level_dbfs)
        for second in range(int((at - hop_seconds) // 1), last):
            put_second(self._hour(mic, second).covered, second % SECONDS_AN_HOUR, score, level_dbfs)

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

    def _hour(self, mic: str, second: int) -> NotedHour:
        key = (mic, hour_of(second))
        hour = self.hours.get(key)
        if hour is None:
            hour = self.hours[key] = NotedHour()
            self._bound(self.hours, MOST_WAITING_HOURS)
        return hour

    def _bound(self, waiting: MutableMapping[Any, Any], most: int) -> None:
        while len(waiting) > most:
            del waiting[next(iter(waiting))]
            self.dropped += 1
