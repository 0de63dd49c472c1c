"""Collect what the services publish about each room, from the streams while they grow."""

from collections import Counter
from dataclasses import dataclass, field

import redis

from tears.kit.messages import Detection, Episode, EpisodeState, TombstoneReason
from tears.kit.streams.names import DETECTIONS_STREAM, EPISODES_STREAM
from tears.kit.streams.reader import StreamReader

TRANSCRIPT_PAGE_ENTRIES = 1_000


@dataclass
class RoomTranscript:
    """Everything that was published about one microphone."""

    detections: dict[tuple[str, int], Detection] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)

    def scored(self) -> list[Detection]:
        """Return the detections with scores, in order."""
        return [found for _, found in sorted(self.detections.items()) if found.tombstone is None]

    def lost(self) -> Counter[str]:
        """Count the windows that have a tombstone instead of scores, by the reason of the tombstone."""
        tombstones = (found.tombstone for found in self.detections.values())
        return Counter(one.reason.name.lower() for one in tombstones if one is not None)

    def closed_episodes(self) -> list[Episode]:
        """Return the episodes, in order of their start."""
        return sorted(self.episodes.values(), key=lambda episode: episode.start_seconds)


class Transcript:
    """Follows `tears:detections` and `tears:episodes` from their beginning."""

    def __init__(self, client: redis.Redis) -> None:
        self._reader = StreamReader(client, TRANSCRIPT_PAGE_ENTRIES)
        self._reader.follow(DETECTIONS_STREAM)
        self._reader.follow(EPISODES_STREAM)
        self.rooms: dict[str, RoomTranscript] = {}

    def follow(self) -> None:
        """Read what was published since the last call, without waiting for more."""
        while entries := self._reader.read():
            for entry in entries:
                if entry.stream == DETECTIONS_STREAM:
                    self._add_detection(Detection.decode(entry.body))
                else:
                    self._add_episode(Episode.decode(entry.body))

    def room(self, mic: str) -> RoomTranscript:
        """Return the transcript of one microphone, empty at first."""
        return self.rooms.setdefault(mic, RoomTranscript())

    def _add_detection(self, detection: Detection) -> None:
        room = self.room(detection.header.mic)
        if detection.tombstone is not None and detection.tombstone.reason is TombstoneReason.END_OF_SESSION:
            return
        room.detections[detection.header.session, detection.header.index] = detection

    def _add_episode(self, episode: Episode) -> None:
        episodes = self.room(episode.mic).episodes
        if episode.state is EpisodeState.CLOSED or episode.episode_id not in episodes:
            episodes[episode.episode_id] = episode
