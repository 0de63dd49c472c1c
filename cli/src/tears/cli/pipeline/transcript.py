"""Collect what the services publish about each room, from the streams while they grow."""

import sqlite3
from collections import Counter
from collections.abc import Iterator

import redis

from tears.cli.errors import InputError
from tears.kit.messages import Detection, Episode, EpisodeState, TombstoneReason
from tears.kit.streams.names import DETECTIONS_STREAM, EPISODES_STREAM
from tears.kit.streams.reader import StreamReader

TRANSCRIPT_PAGE_ENTRIES = 1_000
# What is kept in memory of the detections, whatever the length of the recordings.
_CACHE_KIB = 1_024
_NO_TOMBSTONE = ""


class DetectionTable:
    """The detections of all rooms, in a temporary file: those of a night would take more memory than a small Pi has.

    Every method raises InputError if the disk for temporary files does not take them.
    """

    def __init__(self) -> None:
        # The empty name makes a database that is in memory up to the size of the cache, and has a nameless file beyond.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute(
            "CREATE TABLE detections (mic, session, number INTEGER, tombstone, body BLOB, "
            "PRIMARY KEY (mic, session, number)) WITHOUT ROWID"
        )

    def add(self, detection: Detection, body: bytes) -> None:
        """Add a detection, or put it in place of one of the same window; `body` is the encoded one."""
        header, tombstone = detection.header, detection.tombstone
        reason = _NO_TOMBSTONE if tombstone is None else tombstone.reason.name.lower()
        row = (header.mic, header.session, header.index, reason, body)
        try:
            self._database.execute("INSERT OR REPLACE INTO detections VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.OperationalError as error:
            raise InputError(
                f"the folder for temporary files does not take the results: {error}; name another one with TMPDIR"
            ) from error

    def scored(self, mic: str) -> Iterator[Detection]:
        """Yield the detections of a room that have scores, in order."""
        query = "SELECT body FROM detections WHERE mic = ? AND tombstone = ? ORDER BY session, number"
        for (body,) in self._database.execute(query, (mic, _NO_TOMBSTONE)):
            yield Detection.decode(body)

    def counts(self, mic: str) -> Counter[str]:
        """Count the windows of a room by the reason of their tombstone; an empty one for those that have scores."""
        query = "SELECT tombstone, COUNT(*) FROM detections WHERE mic = ? GROUP BY tombstone"
        return Counter(dict(self._database.execute(query, (mic,))))


class RoomTranscript:
    """Everything that was published about one microphone."""

    def __init__(self, mic: str, detections: DetectionTable) -> None:
        self._mic = mic
        self._detections = detections
        self._episodes: dict[str, Episode] = {}

    def scored(self) -> Iterator[Detection]:
        """Yield the detections with scores, in order."""
        return self._detections.scored(self._mic)

    def scored_count(self) -> int:
        """Return the number of windows that have scores."""
        return self._detections.counts(self._mic)[_NO_TOMBSTONE]

    def lost(self) -> Counter[str]:
        """Count the windows that have a tombstone instead of scores, by the reason of the tombstone."""
        counts = self._detections.counts(self._mic)
        del counts[_NO_TOMBSTONE]
        return counts

    def closed_episodes(self) -> list[Episode]:
        """Return the episodes, in order of their start."""
        return sorted(self._episodes.values(), key=lambda episode: episode.start_seconds)

    def add_episode(self, episode: Episode) -> None:
        """Add an episode; that it has closed replaces that it has opened."""
        if episode.state is EpisodeState.CLOSED or episode.episode_id not in self._episodes:
            self._episodes[episode.episode_id] = episode


class Transcript:
    """Follows `tears:detections` and `tears:episodes` from their beginning."""

    def __init__(self, client: redis.Redis) -> None:
        self._reader = StreamReader(client, TRANSCRIPT_PAGE_ENTRIES)
        self._reader.follow(DETECTIONS_STREAM)
        self._reader.follow(EPISODES_STREAM)
        self._detections = DetectionTable()
        self.rooms: dict[str, RoomTranscript] = {}

    def follow(self) -> None:
        """Read what was published since the last call, without waiting for more."""
        while entries := self._reader.read():
            for entry in entries:
                if entry.stream == DETECTIONS_STREAM:
                    self._add_detection(entry.body)
                else:
                    episode = Episode.decode(entry.body)
                    self.room(episode.mic).add_episode(episode)

    def room(self, mic: str) -> RoomTranscript:
        """Return the transcript of one microphone, empty at first."""
        return self.rooms.setdefault(mic, RoomTranscript(mic, self._detections))

    def _add_detection(self, body: bytes) -> None:
        detection = Detection.decode(body)
        self.room(detection.header.mic)
        if detection.tombstone is not None and detection.tombstone.reason is TombstoneReason.END_OF_SESSION:
            return
        self._detections.add(detection, body)
