"""Join the chunks of a room to one clip."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tears.audio.format import frames_from_pcm
from tears.journal.clips.cutting.begun_clip import BegunClip
from tears.journal.clips.cutting.clip_plan import ClipPlan
from tears.journal.clips.cutting.clip_writer import HIGHEST_CLIP_RATE_HZ, MOST_CLIP_CHANNELS, ClipWriter
from tears.journal.recordings.file_names import session_label
from tears.kit.messages import AudioChunk


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipStart:
    """What a file is made with, when the first sound of a clip is there.

    Attributes:
        from_at: the time of the first sample.
        comment: the microphone, the session and the first sample, as recordings have them.
    """

    plan: ClipPlan
    from_at: float
    rate_hz: int
    channels: int
    comment: str


class OpenClip:
    """A clip that still grows. Chunks come in the order of their stream; what comes again is taken once.

    Inside a session samples are counted, so a clock that is set meanwhile changes nothing. Sound that never came
    becomes silence, so that what follows keeps its time. A clip has one rate and one number of channels: it ends where
    a session begins that has others.

    Attributes:
        plan: what it is to hold; a new one, with its end, may replace it.
        from_at: the time of its first sample; 0 as long as it has none.
    """

    def __init__(self, plan: ClipPlan, make_writer: Callable[[ClipStart], ClipWriter]) -> None:
        """Write nothing yet: the first chunk that overlaps the plan brings rate and channels."""
        self.plan = plan
        self.from_at = 0.0
        self._make_writer = make_writer
        self._writer: ClipWriter | None = None
        self._session = ""
        self._next_sample = 0
        self._has_ended = False
        # Whether the sound so far comes from a file, so that the next chunk may be one that it holds.
        self._is_resumed = False

    @property
    def seconds(self) -> float:
        """The length so far."""
        return 0.0 if self._writer is None else self._writer.seconds

    @property
    def is_done(self) -> bool:
        """Whether it has all that it is to hold, or nothing more can be appended."""
        return self._has_ended or self._missing_seconds() <= 0

    def resume(self, begun: BegunClip) -> None:
        """Begin with the sound that a file has of this clip, up to its end: Redis may not have it any more.

        Raises OSError as the disk does, and soundfile.SoundFileError if the file of that clip is damaged.
        """
        self.from_at = begun.from_at
        self._session, self._next_sample = begun.session, begun.end_sample
        self._is_resumed = True
        writer = self._make_file(begun.rate_hz, begun.channels, begun.comment)
        for frames in begun.pieces():
            if self.is_done:
                break
            writer.write(frames[: self._missing_samples()])

    def take(self, chunk: AudioChunk) -> None:
        """Append what belongs to the clip. Raises OSError as the disk does."""
        if self.is_done or not chunk.samples:
            return
        label = session_label(chunk.session)
        ends_at = chunk.captured_at_seconds
        if self._writer is None:
            self._begin(chunk, label, ends_at)
            return
        if (chunk.sample_rate_hz, chunk.channels) != (self._writer.rate_hz, self._writer.channels):
            self._has_ended = True
            return
        if label == self._session:
            missing_samples = max(0, chunk.first_sample - self._next_sample)
            skipped_samples = max(0, self._next_sample - chunk.first_sample)
        else:
            begins_at = ends_at - chunk.samples / chunk.sample_rate_hz
            missing_samples = round((begins_at - (self.from_at + self.seconds)) * chunk.sample_rate_hz)
            is_known = self._is_resumed and begins_at >= self.from_at
            skipped_samples = max(0, -missing_samples) if is_known else 0
            missing_samples = max(0, missing_samples)
        if skipped_samples >= chunk.samples:
            return
        self._session = label
        self._is_resumed = False
        self._append(chunk, skipped_samples, missing_samples)

    def sync(self) -> None:
        """Let a power cut lose little of the sound so far. Raises OSError as the disk does."""
        if self._writer is not None:
            self._writer.sync()

    def finish(self) -> Path | None:
        """Put the file into its place and return that; None if it holds no sound. Raises OSError as the disk does."""
        if self._writer is None or not self._writer.samples:
            return None
        self._writer.finish()
        return self._writer.path

    def discard(self) -> None:
        """Remove what was written; does nothing after `finish`."""
        if self._writer is not None:
            self._writer.discard()

    def _begin(self, chunk: AudioChunk, label: str, ends_at: float) -> None:
        rate_hz = chunk.sample_rate_hz
        begins_at = ends_at - chunk.samples / rate_hz
        skipped_samples = max(0, round((self.plan.from_at - begins_at) * rate_hz))
        if skipped_samples >= chunk.samples:
            return
        if chunk.channels > MOST_CLIP_CHANNELS or rate_hz > HIGHEST_CLIP_RATE_HZ or self._is_after(begins_at):
            self._has_ended = True
            return
        self.from_at = begins_at + skipped_samples / rate_hz
        self._session = label
        comment = f"mic={chunk.mic} session={label} first_sample={chunk.first_sample + skipped_samples}"
        self._make_file(rate_hz, chunk.channels, comment)
        self._append(chunk, skipped_samples, 0)

    def _make_file(self, rate_hz: int, channels: int, comment: str) -> ClipWriter:
        start = ClipStart(plan=self.plan, from_at=self.from_at, rate_hz=rate_hz, channels=channels, comment=comment)
        self._writer = self._make_writer(start)
        return self._writer

    def _is_after(self, begins_at: float) -> bool:
        """Return whether sound from here on comes too late for the clip: all of its own was lost."""
        return begins_at >= self.plan.from_at + self.plan.wanted_seconds

    def _append(self, chunk: AudioChunk, skipped_samples: int, missing_samples: int) -> None:
        assert self._writer is not None  # noqa: S101 - the callers have made it
        self._next_sample = chunk.end_sample
        wanted_samples = self._missing_samples()
        if missing_samples:
            if missing_samples >= wanted_samples:
                # What is missing reaches to the end of the clip, so it would end with nothing but silence.
                self._has_ended = True
                return
            self._writer.write_silence(missing_samples)
            wanted_samples -= missing_samples
        frames = frames_from_pcm(chunk.pcm, chunk.channels)[skipped_samples : skipped_samples + wanted_samples]
        self._writer.write(frames)

    def _missing_samples(self) -> int:
        assert self._writer is not None  # noqa: S101 - the callers have made it
        return round(self._missing_seconds() * self._writer.rate_hz)

    def _missing_seconds(self) -> float:
        """Return how much is missing to its wanted end; a clip whose beginning was lost ends where it should."""
        late_seconds = max(0.0, self.from_at - self.plan.from_at) if self._writer is not None else 0.0
        wanted_seconds = self.plan.wanted_seconds - late_seconds
        # A remainder below one sample would keep the clip open.
        smallest_seconds = 0.5 / self._writer.rate_hz if self._writer is not None else 0.0
        missing_seconds = wanted_seconds - self.seconds
        return missing_seconds if missing_seconds > smallest_seconds else 0.0
