"""What was heard since the night file was last written: collected by the loop, taken by the keeper's thread. No I/O."""

import threading
from dataclasses import dataclass
from typing import Any, Final

from tears.alerter.nights.minutes import empty_minute, laid_over, minute_of, put_window
from tears.kit.calendar.nights import night_at
from tears.kit.clock import wall_clock_fault
from tears.kit.messages import Episode, EpisodeState

# Bounds of what waits while the file cannot be written: the last hours of ten rooms, in 1 MB.
MOST_WAITING_MINUTES: Final = 8_000
MOST_WAITING_EPISODES: Final = 2_000
# A recorder's clock that is further ahead than this is wrong, so the time of arrival counts.
_MOST_AHEAD_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class NightEpisode:
    """An episode on the wall clock, seconds since 1970; `ended_seconds` is None while it is open."""

    episode_id: str
    mic: str
    started_seconds: float
    ended_seconds: float | None


@dataclass(frozen=True, slots=True)
class TakenNotes:
    """The content of one write: minutes by microphone and number of the minute, and episodes."""

    minutes: dict[tuple[str, int], bytes]
    episodes: list[NightEpisode]


class NightNotes:
    """The notes of all rooms. All methods may be called from any thread and never block for long.

    What is heard in the daytime is not noted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The wall clock when the last window came; 0 before the first.
        self._wall_seconds = 0.0
        self._minutes: dict[tuple[str, int], bytearray] = {}
        self._episodes: dict[str, NightEpisode] = {}
        self._dropped = 0

    def note_window(
        self, mic: str, captured_at_seconds: float, score: float | None, level_dbfs: float, wall_seconds: float
    ) -> None:
        """Note a window that came now; one without a score leaves a hole."""
        self._wall_seconds = wall_seconds
        at_seconds = wall_seconds if self._is_wrong(captured_at_seconds, wall_seconds) else captured_at_seconds
        if score is None:
            return
        key = (mic, minute_of(at_seconds))
        with self._lock:
            minute = self._minutes.get(key)
            if minute is None:
                if wall_clock_fault(at_seconds) or night_at(at_seconds) is None:
                    return
                minute = self._minutes[key] = empty_minute()
                self._drop_oldest(self._minutes, MOST_WAITING_MINUTES)
            put_window(minute, at_seconds, score, level_dbfs)

    def note_episode(self, episode: Episode) -> None:
        """Note that an episode has opened or closed."""
        alerted = episode.captured_at_seconds
        started = alerted - (episode.alerted_at_seconds - episode.start_seconds)
        ended = alerted + (episode.end_seconds - episode.alerted_at_seconds)
        if self._is_wrong(alerted, self._wall_seconds):
            # It ends, or has just been alerted to, now.
            started, ended = self._wall_seconds - (episode.end_seconds - episode.start_seconds), self._wall_seconds
        is_open = episode.state is EpisodeState.OPEN
        if wall_clock_fault(started) or (night_at(started) is None and (is_open or night_at(ended) is None)):
            return
        noted = NightEpisode(episode.episode_id, episode.mic, started, None if is_open else ended)
        with self._lock:
            self._episodes[episode.episode_id] = noted
            self._drop_oldest(self._episodes, MOST_WAITING_EPISODES)

    def take_dropped(self) -> int:
        """Return how many minutes and episodes were dropped since the last call, because too many waited."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return dropped

    def _drop_oldest(self, waiting: dict[Any, Any], most: int) -> None:
        while len(waiting) > most:
            del waiting[next(iter(waiting))]
            self._dropped += 1

    @staticmethod
    def _is_wrong(captured_at_seconds: float, wall_seconds: float) -> bool:
        """Return whether a recorder's clock cannot be right, so that our own counts."""
        is_ahead = 0.0 < wall_seconds < captured_at_seconds - _MOST_AHEAD_SECONDS
        return bool(is_ahead or wall_clock_fault(captured_at_seconds))

    def take(self) -> TakenNotes:
        """Return all notes and forget them."""
        with self._lock:
            minutes = {key: bytes(minute) for key, minute in self._minutes.items()}
            taken = TakenNotes(minutes, list(self._episodes.values()))
            self._minutes, self._episodes = {}, {}
        return taken

    def put_back(self, taken: TakenNotes) -> None:
        """Keep notes that could not be written, up to the bounds; those that came since then are laid over them."""
        with self._lock:
            later_minutes, later_episodes = self._minutes, self._episodes
            self._minutes = {key: bytearray(minute) for key, minute in taken.minutes.items()}
            self._episodes = {one.episode_id: one for one in taken.episodes} | later_episodes
            for key, minute in later_minutes.items():
                before = self._minutes.get(key)
                self._minutes[key] = minute if before is None else bytearray(laid_over(before, minute))
            self._drop_oldest(self._minutes, MOST_WAITING_MINUTES)
            self._drop_oldest(self._episodes, MOST_WAITING_EPISODES)
