"""Cut a session's sound into chunks. Pure."""

from tears.audio.constants import BYTES_PER_SAMPLE
from tears.audio.format import pcm_from_samples
from tears.kit.messages import AudioChunk
from tears.recorder.capture.source import Block


class Chunker:
    """Take blocks of any length and return chunks of one length; the last may be shorter, or empty. Not thread-safe.

    The length `chunk_seconds` is rounded to whole samples.
    """

    def __init__(self, *, mic: str, session: str, sample_rate_hz: int, channels: int, chunk_seconds: float) -> None:
        self._mic = mic
        self._session = session
        self._sample_rate_hz = sample_rate_hz
        self._channels = channels
        self._frame_bytes = BYTES_PER_SAMPLE * channels
        self._chunk_bytes = round(chunk_seconds * sample_rate_hz) * self._frame_bytes
        self._waiting = bytearray()
        self._first_sample = 0

    def add(self, block: Block, wall_seconds: float) -> list[AudioChunk]:
        """Return the chunks that `block`, which is copied, completes. Its last sample came at `wall_seconds`."""
        self._waiting += pcm_from_samples(block)
        chunks = []
        while len(self._waiting) >= self._chunk_bytes:
            later_bytes = len(self._waiting) - self._chunk_bytes
            later_seconds = later_bytes // self._frame_bytes / self._sample_rate_hz
            chunks.append(self._chunk(self._chunk_bytes, wall_seconds - later_seconds))
        return chunks

    def skip(self, samples: int, wall_seconds: float) -> list[AudioChunk]:
        """Leave a gap of this many samples per channel; return the sound that waited before it as a shorter chunk."""
        chunks = self.flush(wall_seconds)
        self._first_sample += samples
        return chunks

    def flush(self, wall_seconds: float) -> list[AudioChunk]:
        """Return the sound that is left as a shorter chunk which does not end the session; no chunk if none is left."""
        return [self._chunk(len(self._waiting), wall_seconds)] if self._waiting else []

    def finish(self, wall_seconds: float) -> AudioChunk:
        """Return the sound that is left as the chunk that ends the session; it is empty if none is left."""
        return self._chunk(len(self._waiting), wall_seconds, ends_session=True)

    def _chunk(self, size_bytes: int, captured_at_seconds: float, *, ends_session: bool = False) -> AudioChunk:
        """Take the first bytes that wait."""
        chunk = AudioChunk(
            mic=self._mic,
            session=self._session,
            first_sample=self._first_sample,
            sample_rate_hz=self._sample_rate_hz,
            channels=self._channels,
            pcm=bytes(self._waiting[:size_bytes]),
            captured_at_seconds=captured_at_seconds,
            ends_session=ends_session,
        )
        del self._waiting[:size_bytes]
        self._first_sample = chunk.end_sample
        return chunk
