"""One stretch of crying."""

import enum
from dataclasses import dataclass
from typing import Self

from tears.kit.errors import MessageError
from tears.kit.messages import wire
from tears.v1 import audio_pb2


class EpisodeState(enum.Enum):
    """Each episode is published twice: when it opens and when it closes."""

    OPEN = audio_pb2.Episode.STATE_OPEN
    CLOSED = audio_pb2.Episode.STATE_CLOSED


class Ending(enum.Enum):
    """The reason why an episode closed."""

    NOT_YET = audio_pb2.Episode.ENDING_UNSPECIFIED
    QUIET = audio_pb2.Episode.ENDING_QUIET
    END_OF_SESSION = audio_pb2.Episode.ENDING_END_OF_SESSION
    DEAF = audio_pb2.Episode.ENDING_DEAF


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """An episode as published.

    Seconds are those of the audio's own clock. `alerted_at_seconds` is the end of the window that opened it, or later.
    """

    episode_id: str
    mic: str
    state: EpisodeState
    ending: Ending
    start_seconds: float
    alerted_at_seconds: float
    end_seconds: float
    peak_score: float
    captured_at_seconds: float

    def encode(self) -> bytes:
        """Return the bytes for `tears:episodes`."""
        return audio_pb2.Episode(
            episode_id=self.episode_id,
            mic=self.mic,
            state=self.state.value,
            ending=self.ending.value,
            start_seconds=self.start_seconds,
            alerted_at_seconds=self.alerted_at_seconds,
            end_seconds=self.end_seconds,
            peak_score=self.peak_score,
            captured_at=wire.timestamp(self.captured_at_seconds),
        ).SerializeToString()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Parse the bytes; raise MessageError if they are not an episode with a known state and ending."""
        message = wire.parse(audio_pb2.Episode, body)
        if not message.episode_id:
            raise MessageError("an Episode without an id")
        try:
            state, ending = EpisodeState(message.state), Ending(message.ending)
        except ValueError as error:
            raise MessageError(f"episode {message.episode_id}: {error}") from error
        wire.require_finite(
            "an Episode", message.start_seconds, message.alerted_at_seconds, message.end_seconds, message.peak_score
        )
        return cls(
            episode_id=message.episode_id,
            mic=message.mic,
            state=state,
            ending=ending,
            start_seconds=message.start_seconds,
            alerted_at_seconds=message.alerted_at_seconds,
            end_seconds=message.end_seconds,
            peak_score=message.peak_score,
            captured_at_seconds=wire.wall_seconds(message.captured_at),
        )
