"""The input of the model: a window, or the tombstone that stands in its place."""

import enum
from dataclasses import dataclass
from typing import Self

from tears.kit.errors import MessageError
from tears.kit.messages import wire
from tears.v1 import audio_pb2

# The level of digital silence. This equals `tears.audio.constants.SILENCE_DBFS`, which cannot be imported: kit imports
# only protos, and an image without audio arithmetic has no numpy. A test compares the two.
SILENT_LEVEL_DBFS = -120.0


class TombstoneReason(enum.Enum):
    """The reason why there is no window, or no score.

    END_OF_SESSION is special: it stands for no window, but follows the last one of a session. The `index` in its header
    is the number of windows of the session, which is also the index that the next window would have had.
    """

    GAP = audio_pb2.Tombstone.REASON_GAP
    FORMAT_CHANGED = audio_pb2.Tombstone.REASON_FORMAT_CHANGED
    POISON = audio_pb2.Tombstone.REASON_POISON
    END_OF_SESSION = audio_pb2.Tombstone.REASON_END_OF_SESSION
    OVERLOADED = audio_pb2.Tombstone.REASON_OVERLOADED


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Stands where a window or a score should be, so that nobody waits for it."""

    reason: TombstoneReason
    detail: str = ""

    def to_message(self) -> audio_pb2.Tombstone:
        """Return the protobuf form."""
        return audio_pb2.Tombstone(reason=self.reason.value, detail=self.detail)

    @classmethod
    def from_message(cls, message: audio_pb2.Tombstone) -> Self:
        """Parse; a reason that only a newer release knows reads as POISON."""
        known = {reason.value: reason for reason in TombstoneReason}
        return cls(known.get(message.reason, TombstoneReason.POISON), message.detail)


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowHeader:
    """The identity and the measurements of a window, from the preprocessor to the alert.

    Times are seconds of the session's own audio. `level_dbfs` is measured before gain; `clipped_samples` counts native
    samples that the gain drove to full scale. A window with `source_waits` is never given up because of overload.
    """

    mic: str
    session: str
    index: int
    start_seconds: float
    end_seconds: float
    captured_at_seconds: float
    level_dbfs: float = SILENT_LEVEL_DBFS
    gain_db: float = 0.0
    clipped_samples: int = 0
    source_waits: bool = False

    @property
    def window_id(self) -> str:
        """`<mic>/<session>/<index>`."""
        return f"{self.mic}/{self.session}/{self.index}"

    def to_message(self) -> audio_pb2.WindowHeader:
        """Return the protobuf form."""
        return audio_pb2.WindowHeader(
            mic=self.mic,
            session=self.session,
            index=self.index,
            start_seconds=self.start_seconds,
            end_seconds=self.end_seconds,
            captured_at=wire.timestamp(self.captured_at_seconds),
            level_dbfs=self.level_dbfs,
            gain_db=self.gain_db,
            clipped_samples=self.clipped_samples,
            source_waits=self.source_waits,
        )

    @classmethod
    def from_message(cls, message: audio_pb2.WindowHeader) -> Self:
        """Parse; raise MessageError if there is no mic or no session to identify it, or a number is not finite."""
        if not message.mic or not message.session:
            raise MessageError("a window header without a mic or a session")
        wire.require_finite(
            "a window header", message.start_seconds, message.end_seconds, message.level_dbfs, message.gain_db
        )
        return cls(
            mic=message.mic,
            session=message.session,
            index=message.index,
            start_seconds=message.start_seconds,
            end_seconds=message.end_seconds,
            captured_at_seconds=wire.wall_seconds(message.captured_at),
            level_dbfs=message.level_dbfs,
            gain_db=message.gain_db,
            clipped_samples=message.clipped_samples,
            source_waits=message.source_waits,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioWindow:
    """5 s of sound in `pcm`, or a tombstone; the constructor raises ValueError for both or neither.

    `pcm` is mono at 22 050 Hz, int16, little endian: 110 250 samples.
    """

    header: WindowHeader
    pcm: bytes | None = None
    tombstone: Tombstone | None = None

    def __post_init__(self) -> None:
        if (self.pcm is None) is (self.tombstone is None):
            raise ValueError(f"window {self.header.window_id} must have either sound or a tombstone")

    def encode(self) -> bytes:
        """Return the bytes for `tears:windows`."""
        tombstone = None if self.tombstone is None else self.tombstone.to_message()
        message = audio_pb2.AudioWindow(header=self.header.to_message(), pcm=self.pcm, tombstone=tombstone)
        return message.SerializeToString()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Parse the bytes; raise MessageError if they are not a window with sound or a tombstone."""
        message = wire.parse(audio_pb2.AudioWindow, body)
        header = WindowHeader.from_message(message.header)
        content = message.WhichOneof("content")
        if content == "tombstone":
            return cls(header=header, tombstone=Tombstone.from_message(message.tombstone))
        if content == "pcm":
            return cls(header=header, pcm=message.pcm)
        raise MessageError(f"window {header.window_id} has neither sound nor a tombstone")
