"""What the follower tells the other parts of the journal.

All methods are called in the follower's thread, so they must return at once: put work into a bounded queue of your own,
and count what does not fit. An exception is logged and counted, and ends nothing. After a restart the follower may tell
the same thing again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tears.journal.history.records import KeptEpisode, NearMiss
from tears.kit.messages import AudioChunk, Detection
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord


class SoundListener(Protocol):
    """Gets the sound of the rooms."""

    def heard(self, mic: str, chunk: AudioChunk) -> None:
        """Take a chunk of a room, in the order of its stream; what Redis has kept of earlier comes first."""


class DetectionListener(Protocol):
    """Gets the scores of the rooms."""

    def detected(self, mic: str, detection: Detection, score: float | None, at: float) -> None:
        """Take a detection; `score` is that of a cry, None for a tombstone; `at` is the time of its last sample."""


class EpisodeListener(Protocol):
    """Gets what was found in the sound."""

    def episode_began(self, episode: KeptEpisode) -> None:
        """Take an episode that goes on."""

    def episode_ended(self, episode: KeptEpisode) -> None:
        """Take an episode that has ended; it may be the first that is heard of it."""

    def near_miss_ended(self, near_miss: NearMiss) -> None:
        """Take a near miss that is over."""


class RegistryListener(Protocol):
    """Gets what the recorders and the alerter say of the rooms."""

    def registered(self, mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> None:
        """Take `tears:mics` and `tears:rooms`, about once a second while Redis answers."""


@dataclass(frozen=True)
class Listeners:
    """Whom the follower tells what."""

    sound: Sequence[SoundListener] = ()
    detections: Sequence[DetectionListener] = ()
    episodes: Sequence[EpisodeListener] = ()
    registry: Sequence[RegistryListener] = ()
