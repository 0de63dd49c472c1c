"""What of a microphone's sound goes into which file. Pure: chunks in, segments out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tears.journal.recordings.file_names import session_label
from tears.kit.messages import AudioChunk
from tears.kit.messages.chunk import BYTES_PER_SAMPLE

# What FLAC, as libsndfile writes it, can hold.
MOST_CHANNELS = 8
HIGHEST_RATE_HZ = 655_350
# A file is begun anew before it takes more memory than this: 30 s of 48 kHz mono are 2.9 MB.
MOST_SEGMENT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """The sound of one file: one session, one format, no gap.

    `pcm` is int16, little endian, channels interleaved. `begins_at_seconds`, the wall clock of the first sample, only
    names.
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


@dataclass
class Tally:
    """What became of a microphone's chunks.

    Attributes:
        accepted_seconds: sound that went into a segment.
        missing_seconds: sound that never came: trimmed before it was read, or dropped by the recorder.
        unstorable_seconds: sound in a format that FLAC cannot hold.
    """

    accepted_seconds: float = 0.0
    missing_seconds: float = 0.0
    unstorable_seconds: float = 0.0


class Segmenter:
    """Puts the chunks of one microphone together. Not thread-safe.

    Every sample is accepted once, however often its chunk comes: `reached` says how far each session has come, in
    this life and, by the files that are there, in earlier ones.
    """

    def __init__(self, mic: str, segment_seconds: float, reached: Mapping[str, int]) -> None:
        """Begins with nothing in hand.

        Args:
            mic: name of the microphone.
            segment_seconds: a segment is closed at this length.
            reached: label of a session -> end sample of what earlier lives have stored of it; copied.
        """
        self._mic = mic
        self._segment_seconds = segment_seconds
        self._reached = dict(reached)
        self._open: _OpenSegment | None = None
        self._is_following = False
        self.tally = Tally()

    @property
    def open_seconds(self) -> float:
        """Length of the segment in hand."""
        return self._open.samples / self._open.chunk.sample_rate_hz if self._open else 0.0

    def add(self, chunk: AudioChunk) -> list[Segment]:
        """Takes a chunk in, as far as it is new.

        Returns:
            The segments that it closes, in order: those that it fills up, and, at a gap, a new session, a new format
            or the session's end, what was in hand.
        """
        closed: list[Segment] = []
        label = session_label(chunk.session)
        begin = max(chunk.first_sample, self._reached.get(label, 0))
        if begin < chunk.end_sample:
            self._count_gap(chunk, label, begin)
            self._reached[label] = chunk.end_sample
            if not _is_storable(chunk):
                self.tally.unstorable_seconds += (chunk.end_sample - begin) / chunk.sample_rate_hz
                closed += self.flush()
            else:
                self.tally.accepted_seconds += (chunk.end_sample - begin) / chunk.sample_rate_hz
                closed += self._append(chunk, begin)
        if chunk.ends_session and self._open is not None and self._open.chunk.session == chunk.session:
            closed += self.flush()
        return closed

    def flush(self) -> list[Segment]:
        """Closes what is in hand: one segment, or none."""
        if self._open is None:
            return []
        segment = self._open.close()
        self._open = None
        return [segment]

    def _append(self, chunk: AudioChunk, begin: int) -> list[Segment]:
        closed = [] if self._open is None or self._open.goes_on_with(chunk, begin) else self.flush()
        frame_bytes = BYTES_PER_SAMPLE * chunk.channels
        most_samples = max(
            1, min(round(self._segment_seconds * chunk.sample_rate_hz), MOST_SEGMENT_BYTES // frame_bytes)
        )
        while begin < chunk.end_sample:
            if self._open is None:
                self._open = _OpenSegment(self._mic, chunk, begin)
            end = min(chunk.end_sample, begin + most_samples - self._open.samples)
            self._open.take(chunk, begin, end)
            begin = end
            if self._open.samples >= most_samples:
                closed += self.flush()
        return closed

    def _count_gap(self, chunk: AudioChunk, label: str, begin: int) -> None:
        # The first session that is met may have run for long before anybody asked for it: nothing is missing then.
        if label in self._reached or self._is_following:
            self.tally.missing_seconds += (begin - self._reached.get(label, 0)) / chunk.sample_rate_hz
        self._is_following = True


class _OpenSegment:
    """A segment that still grows; holds on to the bytes of its chunks."""

    def __init__(self, mic: str, chunk: AudioChunk, first_sample: int) -> None:
        self.chunk = chunk
        self.samples = 0
        self._mic = mic
        self._first_sample = first_sample
        self._pieces: list[memoryview] = []
        after_samples = chunk.end_sample - first_sample
        self._begins_at_seconds = chunk.captured_at_seconds - after_samples / chunk.sample_rate_hz

    def goes_on_with(self, chunk: AudioChunk, begin: int) -> bool:
        """Whether sample `begin` of `chunk` comes right after this segment, in the same format."""
        return (
            chunk.session == self.chunk.session
            and begin == self._first_sample + self.samples
            and chunk.sample_rate_hz == self.chunk.sample_rate_hz
            and chunk.channels == self.chunk.channels
        )

    def take(self, chunk: AudioChunk, begin: int, end: int) -> None:
        """Appends the samples [begin, end) of `chunk`."""
        frame_bytes = BYTES_PER_SAMPLE * chunk.channels
        from_byte, to_byte = ((at - chunk.first_sample) * frame_bytes for at in (begin, end))
        self._pieces.append(memoryview(chunk.pcm)[from_byte:to_byte])
        self.samples += end - begin

    def close(self) -> Segment:
        """What it has become."""
        return Segment(
            mic=self._mic,
            session=self.chunk.session,
            first_sample=self._first_sample,
            sample_rate_hz=self.chunk.sample_rate_hz,
            channels=self.chunk.channels,
            pcm=b"".join(self._pieces),
            begins_at_seconds=self._begins_at_seconds,
        )


def _is_storable(chunk: AudioChunk) -> bool:
    return chunk.channels <= MOST_CHANNELS and chunk.sample_rate_hz <= HIGHEST_RATE_HZ
