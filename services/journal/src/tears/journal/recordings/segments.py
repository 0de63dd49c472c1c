"""Divide the sound of a microphone into files. No I/O: chunks in, segments out."""

from collections.abc import Mapping
from dataclasses import dataclass

from tears.audio.constants import BYTES_PER_SAMPLE
from tears.journal.recordings.file_names import session_label
from tears.kit.messages import AudioChunk

# What FLAC, as libsndfile writes it, can hold.
_FLAC_MOST_CHANNELS = 8
_FLAC_HIGHEST_RATE_HZ = 655_350
# A new file begins before one takes more memory than this: 30 s of 48 kHz mono are 2.9 MB.
SEGMENT_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedSegment:
    """The sound of one file: one session, one format, no gap.

    `pcm` is int16, little endian, channels interleaved. `begins_at_seconds`, the wall clock at the first sample, serves
    names and lag only.
    """

    mic: str
    session: str
    first_sample: int
    sample_rate_hz: int
    channels: int
    pcm: bytes
    begins_at_seconds: float

    @property
    def samples(self) -> int:
        """Samples per channel."""
        return len(self.pcm) // (BYTES_PER_SAMPLE * self.channels)

    @property
    def end_sample(self) -> int:
        """Index of the first sample after this segment."""
        return self.first_sample + self.samples

    @property
    def seconds(self) -> float:
        """Length of its sound."""
        return self.samples / self.sample_rate_hz

    @property
    def ends_at_seconds(self) -> float:
        """The wall clock at its last sample."""
        return self.begins_at_seconds + self.seconds


class Segmenter:
    """Joins the chunks of one microphone into segments. Not thread-safe.

    Every sample is accepted once, however often its chunk comes.

    Attributes:
        accepted_seconds: Sound that went into a segment.
        missing_seconds: Sound that never came: trimmed before it was read, or dropped by the recorder.
        unstorable_seconds: Sound in a format that FLAC cannot hold.
    """

    def __init__(self, mic: str, segment_seconds: float, reached: Mapping[str, int]) -> None:
        """Begin without an open segment; a segment is closed at `segment_seconds`.

        `reached` has, by session label, the end sample of what earlier processes have stored. It is copied.
        """
        self._mic = mic
        self._segment_seconds = segment_seconds
        self._reached = dict(reached)
        self._open: _OpenSegment | None = None
        self._is_following = False
        self.accepted_seconds = self.missing_seconds = self.unstorable_seconds = 0.0

    @property
    def open_seconds(self) -> float:
        """Length of the open segment."""
        return self._open.samples / self._open.chunk.sample_rate_hz if self._open else 0.0

    def add(self, chunk: AudioChunk) -> list[RecordedSegment]:
        """Take in a chunk as far as it is new.

        Returns:
            The segments that it closes, in order: those that it fills up, and the open one where there is a gap, a new
            session, a new format, or the end of the session.
        """
        closed: list[RecordedSegment] = []
        label = session_label(chunk.session)
        begin = max(chunk.first_sample, self._reached.get(label, 0))
        if begin < chunk.end_sample:
            self._count_gap(chunk, label, begin)
            self._reached[label] = chunk.end_sample
            new_seconds = (chunk.end_sample - begin) / chunk.sample_rate_hz
            if chunk.channels <= _FLAC_MOST_CHANNELS and chunk.sample_rate_hz <= _FLAC_HIGHEST_RATE_HZ:
                self.accepted_seconds += new_seconds
                closed += self._append(chunk, begin)
            else:
                self.unstorable_seconds += new_seconds
                closed += self.flush()
        if chunk.ends_session and self._open is not None and self._open.chunk.session == chunk.session:
            closed += self.flush()
        return closed

    def flush(self) -> list[RecordedSegment]:
        """Close the open segment, and return it if there was one."""
        if self._open is None:
            return []
        segment = self._open.close()
        self._open = None
        return [segment]

    def _append(self, chunk: AudioChunk, begin: int) -> list[RecordedSegment]:
        closed = [] if self._open is None or self._open.continues_with(chunk, begin) else self.flush()
        most_samples = max(
            1, min(round(self._segment_seconds * chunk.sample_rate_hz), SEGMENT_MOST_BYTES // chunk.frame_bytes)
        )
        while begin < chunk.end_sample:
            if self._open is None:
                self._open = _OpenSegment(self._mic, chunk, begin)
            end = min(chunk.end_sample, begin + most_samples - self._open.samples)
            self._open.append(chunk, begin, end)
            begin = end
            if self._open.samples >= most_samples:
                closed += self.flush()
        return closed

    def _count_gap(self, chunk: AudioChunk, label: str, begin: int) -> None:
        # The first session may have run for long before the recording began: nothing is missing then.
        if label in self._reached or self._is_following:
            self.missing_seconds += (begin - self._reached.get(label, 0)) / chunk.sample_rate_hz
        self._is_following = True


class _OpenSegment:
    """A segment that still grows; keeps the bytes of its chunks alive."""

    def __init__(self, mic: str, chunk: AudioChunk, first_sample: int) -> None:
        self.chunk = chunk
        self.samples = 0
        self._mic = mic
        self._first_sample = first_sample
        self._pieces: list[memoryview] = []
        after_samples = chunk.end_sample - first_sample
        self._begins_at_seconds = chunk.captured_at_seconds - after_samples / chunk.sample_rate_hz

    def continues_with(self, chunk: AudioChunk, begin: int) -> bool:
        """Return whether sample `begin` of a chunk comes right after this segment, in the same format."""
        return chunk.is_same_format(self.chunk) and begin == self._first_sample + self.samples

    def append(self, chunk: AudioChunk, begin: int, end: int) -> None:
        """Append the samples [begin, end) of a chunk."""
        from_byte, to_byte = ((at - chunk.first_sample) * chunk.frame_bytes for at in (begin, end))
        self._pieces.append(memoryview(chunk.pcm)[from_byte:to_byte])
        self.samples += end - begin

    def close(self) -> RecordedSegment:
        """Return the finished segment."""
        return RecordedSegment(
            mic=self._mic,
            session=self.chunk.session,
            first_sample=self._first_sample,
            sample_rate_hz=self.chunk.sample_rate_hz,
            channels=self.chunk.channels,
            pcm=b"".join(self._pieces),
            begins_at_seconds=self._begins_at_seconds,
        )
