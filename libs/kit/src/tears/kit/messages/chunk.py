"""Sound as captured."""

from dataclasses import dataclass
from typing import Self

from tears.kit.errors import MessageError
from tears.kit.messages import wire
from tears.v1 import audio_pb2

_INT16_BYTES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioChunk:
    """A piece of one session of one microphone.

    `(session, first_sample)` identifies and orders chunks; `captured_at_seconds`, the wall clock at the last sample,
    serves lag and display only. `pcm` is int16, little endian, channels interleaved. With `ends_session`, no chunk of
    the session follows, and `pcm` may be empty. A source that waits until its chunks are finished says `source_waits`:
    they are never given up because of overload.
    """

    mic: str
    session: str
    first_sample: int
    sample_rate_hz: int
    channels: int
    pcm: bytes
    captured_at_seconds: float
    ends_session: bool = False
    source_waits: bool = False

    @property
    def frame_bytes(self) -> int:
        """Size of one sample of all channels."""
        return _INT16_BYTES * self.channels

    @property
    def samples(self) -> int:
        """Samples per channel."""
        return len(self.pcm) // self.frame_bytes

    @property
    def end_sample(self) -> int:
        """Index of the first sample after this chunk."""
        return self.first_sample + self.samples

    def is_same_format(self, other: "AudioChunk") -> bool:
        """Return whether both chunks have the same session, rate and number of channels."""
        mine = (self.session, self.sample_rate_hz, self.channels)
        return mine == (other.session, other.sample_rate_hz, other.channels)

    def encode(self) -> bytes:
        """Return the bytes for `tears:chunks:<mic>`."""
        return audio_pb2.AudioChunk(
            mic=self.mic,
            session=self.session,
            first_sample=self.first_sample,
            sample_rate_hz=self.sample_rate_hz,
            channels=self.channels,
            pcm=self.pcm,
            captured_at=wire.timestamp(self.captured_at_seconds),
            ends_session=self.ends_session,
            source_waits=self.source_waits,
        ).SerializeToString()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Parse the bytes; raise MessageError if they are not a chunk, or its fields contradict each other."""
        message = wire.parse(audio_pb2.AudioChunk, body)
        frame_bytes = _INT16_BYTES * message.channels
        if not message.mic or not message.session:
            raise MessageError("an AudioChunk without a mic or a session")
        if message.sample_rate_hz == 0 or message.channels == 0:
            raise MessageError(f"an AudioChunk of {message.sample_rate_hz} Hz and {message.channels} channels")
        if len(message.pcm) % frame_bytes or (not message.pcm and not message.ends_session):
            raise MessageError(f"an AudioChunk with {len(message.pcm)} bytes of sound in frames of {frame_bytes}")
        return cls(
            mic=message.mic,
            session=message.session,
            first_sample=message.first_sample,
            sample_rate_hz=message.sample_rate_hz,
            channels=message.channels,
            pcm=message.pcm,
            captured_at_seconds=wire.wall_seconds(message.captured_at),
            ends_session=message.ends_session,
            source_waits=message.source_waits,
        )
