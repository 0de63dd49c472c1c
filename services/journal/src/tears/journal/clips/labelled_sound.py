"""Cut what parents have labelled into clips of 5 s, as own_data, teaching and the trainer take them."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from tears.audio.format import Int16Array, to_mono
from tears.audio.level import level_dbfs
from tears.audio.offset import without_offset
from tears.audio.window import make_window
from tears.audio.window_positions import native_window_samples
from tears.journal.clips.cutting.clip_writer import times_of
from tears.journal.history.records import ParentLabel, Verdict
from tears.journal.recordings.file_names import utc_time
from tears.kit.registry.mic_names import mic_of_room
from tears.own_data.clips.clip_names import NOHASH
from tears.own_data.clips.labelled_slices import SAME_EPISODE_SECONDS

# Inside crying, a part that is so much quieter than the loudest is a pause.
_PAUSE_DB: Final = 20.0
# The pipeline makes no window of sound with a gap, and a clip has silence in its place.
_GAP_SECONDS: Final = 0.25
# The name of a file may have 255 bytes.
_MOST_NAME_LETTERS: Final = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledWindow:
    """5 s of labelled sound, as the model hears it.

    Attributes:
        recording: what it was cut from; the clips of one recording must not be separated when some are held out.
        verdict: what the parent said.
        samples: int16 of shape [110 250], 22 050 Hz, after the pipeline's gain.
    """

    recording: str
    verdict: Verdict
    samples: Int16Array

    @property
    def is_crying(self) -> bool:
        """Whether the parent said that it is crying."""
        return self.verdict is Verdict.CRYING


@dataclass(frozen=True, kw_only=True)
class LabelledStretch:
    """What of a label is cut.

    Attributes:
        recording: the name of the recording: labels that overlap, or are within two minutes, share one.
        from_at: the label's beginning, or the end of the label before it, so that no sound is cut twice.
    """

    label: ParentLabel
    recording: str
    from_at: float


def stretches_of(labels: Sequence[ParentLabel]) -> list[LabelledStretch]:
    """Return what is cut, room by room in the order of time. No I/O."""
    found = []
    for mic, of_room in itertools.groupby(sorted(labels, key=lambda one: (one.mic, one.from_at)), lambda one: one.mic):
        recording, until = "", float("-inf")
        for label in of_room:
            if label.from_at - until > SAME_EPISODE_SECONDS:
                recording = f"{_file_name(mic)}-{utc_time(label.from_at):%Y%m%dT%H%M%SZ}"
            if label.to_at > until:
                found.append(LabelledStretch(label=label, recording=recording, from_at=max(label.from_at, until)))
                until = label.to_at
    return found


def windows_of(stretch: LabelledStretch, clip: Path) -> Iterator[LabelledWindow]:
    """Yield the windows of a stretch that its clip holds, one after the other without a gap.

    A stretch below 5 s gives one window around its middle. Inside crying, pauses are left out.

    Raises:
        OSError: the clip cannot be read.
        soundfile.SoundFileError: it is damaged.
    """
    clip_from_at, _ = times_of(clip)
    with soundfile.SoundFile(clip) as flac:
        size = native_window_samples(flac.samplerate)
        first = round((stretch.from_at - clip_from_at) * flac.samplerate)
        end = round((stretch.label.to_at - clip_from_at) * flac.samplerate)
        starts = _starts(first, end, size, flac.frames)
        levels = [_level(_read(flac, start, size), flac.samplerate) for start in starts]
        least = max(levels, default=0.0) - _PAUSE_DB if stretch.label.verdict is Verdict.CRYING else float("-inf")
        for start, level in zip(starts, levels, strict=True):
            mono = _read(flac, start, size)
            if level < least or _has_gap(mono, flac.samplerate):
                continue
            window = make_window(mono, flac.samplerate, None)
            yield LabelledWindow(recording=stretch.recording, verdict=stretch.label.verdict, samples=window.samples)


def clip_id_of(label: ParentLabel) -> str:
    """Return the id of the clip that a label is about: that of its episode or near miss, else, of a mark, its own."""
    return label.episode_id or label.near_miss_id or label.id


def _file_name(mic: str) -> str:
    """Return a microphone's name as the beginning of a file name."""
    return mic_of_room(mic)[:_MOST_NAME_LETTERS].replace(NOHASH, "_")


def _starts(first: int, end: int, size: int, frames: int) -> list[int]:
    """Return the first samples of the windows of [first, end) in a clip of so many frames."""
    if end - first < size:
        middle = min(max(0, (first + end - size) // 2), frames - size)
        overlaps = first < frames and end > 0
        return [middle] if middle >= 0 and overlaps else []
    return list(range(max(0, first), min(frames, end) - size + 1, size))


def _read(flac: soundfile.SoundFile, start: int, size: int) -> Int16Array:
    flac.seek(start)
    return to_mono(flac.read(size, dtype="int16", always_2d=True))


def _level(mono: Int16Array, rate_hz: int) -> float:
    return level_dbfs(without_offset(mono, rate_hz, None))


def _has_gap(mono: Int16Array, rate_hz: int) -> bool:
    """Return whether int16 samples (n,) hold nothing but zeros for a quarter of a second."""
    sounding = np.flatnonzero(mono)
    edges = np.concatenate([[-1], sounding, [len(mono)]])
    return bool(np.diff(edges).max() > _GAP_SECONDS * rate_hz)
