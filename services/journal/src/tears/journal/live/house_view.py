"""The newest state of each room, in memory: written by the follower, read by pages, the API and Setup."""

import threading
from collections.abc import Callable, Mapping
from typing import Final

from tears.audio.format import frames_from_pcm
from tears.audio.level import level_dbfs
from tears.journal.history.records import KeptEpisode, NearMiss
from tears.journal.live.room_now import RoomFacts, RoomNow, judge_room
from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk, Detection
from tears.kit.registry.mic_names import is_room, room_of_mic
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord

# Without news from the registries for so long, Redis is away.
_REGISTRY_SECONDS: Final = 10.0


class RoomsNow:
    """A listener of the follower for everything. All methods are safe in any thread, and return at once."""

    def __init__(self, clock: Clock, name_of: Callable[[str], str] = room_of_mic) -> None:
        """Know nothing yet; `name_of` returns the name of a microphone's room for people, at once."""
        self._clock = clock
        self._name_of = name_of
        self._lock = threading.Lock()
        self._facts: dict[str, RoomFacts] = {}
        self._episodes: dict[str, KeptEpisode] = {}
        self._registered_at = clock.monotonic_seconds()

    def all(self) -> list[RoomNow]:
        """Return all rooms as they are now, by name."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            has_redis = now - self._registered_at < _REGISTRY_SECONDS
            rooms = [
                judge_room(facts, now, has_redis=has_redis, room_name=self._name_of(mic))
                for mic, facts in self._facts.items()
            ]
        return sorted(rooms, key=lambda room: room.room_name.casefold())

    def room(self, mic: str) -> RoomNow | None:
        """Return one room; None if there is none with this microphone."""
        return next((room for room in self.all() if room.mic == mic), None)

    @property
    def has_redis(self) -> bool:
        """Whether the follower has reached Redis just now."""
        with self._lock:
            return self._clock.monotonic_seconds() - self._registered_at < _REGISTRY_SECONDS

    def registered(self, mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> None:
        """Take what the registries hold, `tears:mics` and `tears:rooms`; call it about once a second."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            self._registered_at = now
            names = {mic for mic in mics.keys() | rooms.keys() if is_room(mic)}
            names -= {mic for mic, record in mics.items() if record.state is MicState.RETIRED}
            for mic in self._facts.keys() - names:
                del self._facts[mic]
            for mic in names:
                facts = self._facts.setdefault(mic, RoomFacts(mic=mic, known_at=now))
                facts.record = mics.get(mic)
                _take_room(facts, rooms.get(mic), now)
                self._take_episode(facts)

    def heard(self, mic: str, chunk: AudioChunk) -> None:
        """Take a chunk of a room."""
        if not chunk.pcm:
            return
        level = level_dbfs(frames_from_pcm(chunk.pcm, chunk.channels))
        with self._lock:
            if facts := self._facts.get(mic):
                facts.level_dbfs, facts.heard_at = level, self._clock.monotonic_seconds()

    def detected(self, mic: str, detection: Detection, score: float | None, at: float) -> None:
        """Take a score of a room."""
        del detection, at
        with self._lock:
            if score is not None and (facts := self._facts.get(mic)):
                facts.score, facts.scored_at = score, self._clock.monotonic_seconds()

    def episode_began(self, episode: KeptEpisode) -> None:
        """Take an episode that goes on."""
        with self._lock:
            self._episodes[episode.mic] = episode
            if facts := self._facts.get(episode.mic):
                self._take_episode(facts)

    def episode_ended(self, episode: KeptEpisode) -> None:
        """Take the end of an episode."""
        with self._lock:
            open_episode = self._episodes.get(episode.mic)
            if open_episode is not None and open_episode.id == episode.id:
                del self._episodes[episode.mic]
                if facts := self._facts.get(episode.mic):
                    self._take_episode(facts)

    def near_miss_ended(self, near_miss: NearMiss) -> None:
        """Take a near miss, which changes nothing here."""

    def _take_episode(self, facts: RoomFacts) -> None:
        episode = self._episodes.get(facts.mic)
        facts.episode_id = episode.id if episode else ""
        facts.crying_since = episode.began_at if episode else None


def _take_room(facts: RoomFacts, room: RoomRecord | None, now: float) -> None:
    before = facts.room
    facts.room = room
    # The first record that is seen may be an old one, of an alerter that is away. Only one that goes on is believed.
    if room is not None and before is not None and _progress(room) != _progress(before):
        facts.judged_at = now


def _progress(room: RoomRecord) -> tuple[object, ...]:
    return room.session, room.windows, room.tombstones, room.state
