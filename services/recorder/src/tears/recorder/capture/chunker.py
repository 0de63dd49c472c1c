"""Cuts a session's sound into chunks."""

from __future__ import annotations

from tears.audio.constants import BYTES_PER_SAMPLE
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord
from tears.recorder.capture.source import Block


class Chunker:
    """Blocks of any length in, chunks of one length out; the last may be shorter, or empty. Pure; not thread-safe."""

    def __init__(self, record: MicRecord, chunk_seconds: float) -> None:
        """Begins the session.

        Args:
            record: the microphone, the session and the sound's format.
            chunk_seconds: rounded to whole samples.
        """
        self._record = record
        self._frame_bytes = BYTES_PER_SAMPLE * record.channels
        self._chunk_bytes = round(chunk_seconds * record.sample_rate_hz) * self._frame_bytes
        self._waiting = bytearray()
        self._first_sample = 0

    def add(self, block: Block, wall_seconds: float) -> list[AudioChunk]:
        """The chunks that `block` completes.

        Args:
            block: int16, shape (samples, channels); copied.
            wall_seconds: wall clock at its last sample.
        """
        self._waiting += block.astype("<i2", order="C", copy=False).tobytes()
        chunks = []
        while len(self._waiting) >= self._chunk_bytes:
            pcm = bytes(self._waiting[: self._chunk_bytes])
            del self._waiting[: self._chunk_bytes]
            later_seconds = len(self._waiting) // self._frame_bytes / self._record.sample_rate_hz
            chunks.append(self._chunk(pcm, wall_seconds - later_seconds, ends_session=False))
        return chunks

    def skip(self, samples: int, wall_seconds: float) -> list[AudioChunk]:
        """Leaves a gap of so many samples per channel; returns what was waiting before it as a shorter chunk."""
        chunks = self.flush(wall_seconds)
        self._first_sample += samples
        return chunks

    def flush(self, wall_seconds: float) -> list[AudioChunk]:
        """What is left, as a shorter chunk that is not the last; nothing if nothing is left."""
        pcm = bytes(self._waiting)
        self._waiting.clear()
        return [self._chunk(pcm, wall_seconds, ends_session=False)] if pcm else []

    def finish(self, wall_seconds: float) -> AudioChunk:
        """What is left, as the chunk that ends the session; empty if nothing is left."""
        pcm = bytes(self._waiting)
        self._waiting.clear()
        return self._chunk(pcm, wall_seconds, ends_session=True)

    def _chunk(self, pcm: bytes, captured_at_seconds: float, *, ends_session: bool) -> AudioChunk:
        chunk = AudioChunk(
            mic=self._record.mic,
            session=self._record.session,
            first_sample=self._first_sample,
            sample_rate_hz=self._record.sample_rate_hz,
            channels=self._record.channels,
            pcm=pcm,
            captured_at_seconds=captured_at_seconds,
            ends_session=ends_session,
        )
        self._first_sample = chunk.end_sample
        return chunk
