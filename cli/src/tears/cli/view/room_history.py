"""The history of each room since the command began, through all sessions of its microphone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import redis

from tears.kit.errors import MessageError
from tears.kit.messages import Episode, EpisodeState
from tears.kit.registry.rooms import RoomRecord
from tears.kit.streams.names import EPISODES_STREAM
from tears.kit.streams.reader import StreamReader

HISTORY_PAGE_ENTRIES = 1_000
# A new window comes each second; after this time without one, the last level says nothing about the room.
FRESH_SECONDS = 5.0


@dataclass
class RoomHistory:
    """The history of one room.

    Attributes:
        heard_seconds: how much sound was judged.
        cries: the ids of the episodes that Redis knew or still knows.
        crying_since_seconds: the wall clock at the start of the open episode; None if the room is quiet.
        last_cry_seconds: the wall clock at the end of the last episode, as far as is known.
        changed_at_seconds: the monotonic clock when the last window came.
    """

    heard_seconds: float = 0.0
    cries: set[str] = field(default_factory=set)
    crying_since_seconds: float | None = None
    last_cry_seconds: float | None = None
    changed_at_seconds: float = 0.0
    _last: tuple[str, int] = ("", 0)
    _heard_until_seconds: float = 0.0

    def note_room(self, room: RoomRecord, now_seconds: float) -> None:
        """Add what the record has more than the last one; a new session counts from 0 again."""
        seen = (room.session, room.windows + room.tombstones)
        if seen != self._last:
            self.changed_at_seconds = now_seconds
        before = self._heard_until_seconds if room.session == self._last[0] else 0.0
        self.heard_seconds += max(0.0, room.heard_until_seconds - before)
        self._last, self._heard_until_seconds = seen, room.heard_until_seconds

    def note_episode(self, episode: Episode) -> None:
        """Note that an episode has begun or ended. Its clock is the audio's, which its alert relates to the wall's."""
        self.cries.add(episode.episode_id)
        clock_began_seconds = episode.captured_at_seconds - episode.alerted_at_seconds
        self.last_cry_seconds = clock_began_seconds + episode.end_seconds
        is_open = episode.state is EpisodeState.OPEN
        self.crying_since_seconds = clock_began_seconds + episode.start_seconds if is_open else None

    def is_fresh(self, now_seconds: float) -> bool:
        """Return whether a window has come lately."""
        return now_seconds - self.changed_at_seconds < FRESH_SECONDS


class HouseHistory:
    """The histories of all rooms, by microphone."""

    def __init__(self) -> None:
        self._client: redis.Redis | None = None
        self._reader: StreamReader | None = None
        self.rooms: dict[str, RoomHistory] = {}

    def follow(self, client: redis.Redis, rooms: Mapping[str, RoomRecord], now_seconds: float) -> None:
        """Note the present records and the new episodes; raise as redis-py does. Another client has another Redis."""
        if self._reader is None or client is not self._client:
            self._client, self._reader = client, StreamReader(client, HISTORY_PAGE_ENTRIES)
            self._reader.follow(EPISODES_STREAM)
        for mic, room in rooms.items():
            self.room(mic).note_room(room, now_seconds)
        self._reader.restart_wiped()
        for entry in self._reader.read():
            try:
                episode = Episode.decode(entry.body)
            except MessageError:
                continue
            self.room(episode.mic).note_episode(episode)

    def room(self, mic: str) -> RoomHistory:
        """Return the history of one microphone, empty at first."""
        return self.rooms.setdefault(mic, RoomHistory())
