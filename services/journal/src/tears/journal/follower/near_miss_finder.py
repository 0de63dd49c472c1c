"""Find near misses: stretches in which the score was above half of what opens an episode, and none was open. No I/O."""

import uuid
from dataclasses import dataclass, field
from typing import Final

from tears.audio.constants import WINDOW_SECONDS
from tears.journal.history.records import NearMiss
from tears.kit.registry.mic_names import room_of_mic

# The share of the threshold from which a window is a near miss.
NEAR_MISS_SHARE: Final = 0.5
# A stretch is over when so much time has passed without such a window.
STRETCH_PAUSE_SECONDS: Final = 6.0
# Something that sounds a little like crying for hours becomes several near misses.
LONGEST_STRETCH_SECONDS: Final = 60.0
_NEAR_MISS_NAMESPACE: Final = uuid.UUID("3c0a6f1e-8f1d-5a27-9d57-0b5a3c1f7a42")
# An episode opens after the windows that it is about; so many are remembered for each room.
_MOST_REMEMBERED_EPISODES: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardWindow:
    """A window of one room.

    Attributes:
        at: the time of its last sample, seconds since 1970.
        place: the stream's entry that it came in.
    """

    session: str
    index: int
    at: float
    score: float
    level_dbfs: float
    place: str


@dataclass(slots=True)
class _Stretch:
    first: HeardWindow
    last_at: float
    peak_score: float
    level_dbfs: float


@dataclass
class NearMissFinder:
    """Looks at the windows of one room in their order."""

    mic: str
    _stretch: _Stretch | None = field(default=None, init=False)
    # When the last episodes began and ended, by id; None while one goes on.
    _episodes: dict[str, tuple[float, float | None]] = field(default_factory=dict, init=False)

    @property
    def place(self) -> str | None:
        """The entry in which the stretch that goes on began: who begins to read there finds the same near miss."""
        return None if self._stretch is None else self._stretch.first.place

    def note_episode(self, episode_id: str, began_at: float, ended_at: float | None) -> None:
        """Note that crying has begun or ended: what was found in it is no near miss."""
        self._episodes[episode_id] = (began_at, ended_at)
        while len(self._episodes) > _MOST_REMEMBERED_EPISODES:
            del self._episodes[next(iter(self._episodes))]

    def take(self, window: HeardWindow, open_threshold: float) -> NearMiss | None:
        """Return the near miss that is over with this window, if there is one."""
        ended = None
        stretch = self._stretch
        if stretch is not None and self._is_over(stretch, window.at):
            ended, stretch = self._as_near_miss(stretch), None
        if window.score >= NEAR_MISS_SHARE * open_threshold:
            if stretch is None:
                stretch = _Stretch(window, window.at, window.score, window.level_dbfs)
            stretch.last_at = max(stretch.last_at, window.at)
            stretch.peak_score = max(stretch.peak_score, window.score)
            stretch.level_dbfs = max(stretch.level_dbfs, window.level_dbfs)
        self._stretch = stretch
        return ended

    def _is_over(self, stretch: _Stretch, at: float) -> bool:
        is_long = stretch.last_at - stretch.first.at >= LONGEST_STRETCH_SECONDS
        # A clock that was set back ends it too.
        return is_long or abs(at - stretch.last_at) >= STRETCH_PAUSE_SECONDS

    def _as_near_miss(self, stretch: _Stretch) -> NearMiss | None:
        first = stretch.first
        for began_at, ended_at in self._episodes.values():
            is_before = ended_at is not None and ended_at + STRETCH_PAUSE_SECONDS < first.at
            if not is_before and began_at <= stretch.last_at:
                return None
        return NearMiss(
            id=str(uuid.uuid5(_NEAR_MISS_NAMESPACE, f"{self.mic}/{first.session}/{first.index}")),
            mic=self.mic,
            room_name=room_of_mic(self.mic),
            # What raised the score of the first window lies somewhere in it.
            began_at=first.at - WINDOW_SECONDS,
            ended_at=stretch.last_at,
            peak_score=stretch.peak_score,
            level_dbfs=stretch.level_dbfs,
        )
