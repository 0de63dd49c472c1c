"""The last episode of each room, and how long it has cried tonight: from 18:00 to 10:00 on the local clock. No I/O."""

from collections import OrderedDict
from dataclasses import dataclass, replace

from tears.kit.calendar.nights import last_night
from tears.kit.messages import Episode, EpisodeState

# A night has room for one a minute.
MOST_EPISODES_PER_ROOM = 1_000


@dataclass(frozen=True, slots=True)
class PastEpisode:
    """One episode on the wall clock.

    Attributes:
        ended_at_seconds: the end, or the time of the alert while the end is unknown.
    """

    mic: str
    episode_id: str
    started_at_seconds: float
    ended_at_seconds: float
    is_closed: bool

    @property
    def length_seconds(self) -> float:
        """How long it lasted, as far as that is known."""
        return self.ended_at_seconds - self.started_at_seconds


class EpisodeHistory:
    """Collects the messages about episodes; one that comes twice counts once."""

    def __init__(self) -> None:
        self._rooms: dict[str, OrderedDict[str, PastEpisode]] = {}

    def add(self, episode: Episode) -> bool:
        """Take in a message, and return whether it was news."""
        return self.add_past(past_episode(episode))

    def add_past(self, episode: PastEpisode) -> bool:
        """Take in an episode, and return whether it was news. An opening that comes late undoes no closing."""
        room = self._rooms.setdefault(episode.mic, OrderedDict())
        known = room.get(episode.episode_id)
        if known is not None and (known.is_closed or not episode.is_closed):
            return False
        room[episode.episode_id] = episode
        while len(room) > MOST_EPISODES_PER_ROOM:
            room.popitem(last=False)
        return True

    def last(self, mic: str) -> PastEpisode | None:
        """Return the episode of a room that began last."""
        return max(self._rooms.get(mic, {}).values(), key=lambda one: one.started_at_seconds, default=None)

    def crying_seconds_tonight(self, mic: str, open_episode_id: str, now_wall_seconds: float) -> float:
        """Return how long a room has cried in this night; by day, in the last one. An open episode counts until now."""
        night = last_night(now_wall_seconds)
        begin, end = night.starts_seconds, night.ends_seconds
        seconds = 0.0
        for one in self._rooms.get(mic, {}).values():
            is_open = one.episode_id == open_episode_id and not one.is_closed
            episode = replace(one, ended_at_seconds=max(one.ended_at_seconds, now_wall_seconds)) if is_open else one
            seconds += max(0.0, min(episode.ended_at_seconds, end) - max(episode.started_at_seconds, begin))
        return seconds


def past_episode(episode: Episode) -> PastEpisode:
    """Return an episode on the wall clock, as it was when the alert was due."""
    behind_seconds = episode.captured_at_seconds - episode.alerted_at_seconds
    return PastEpisode(
        episode.mic,
        episode.episode_id,
        behind_seconds + episode.start_seconds,
        behind_seconds + episode.end_seconds,
        episode.state is EpisodeState.CLOSED,
    )
