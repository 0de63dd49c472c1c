"""Cut what parents have labelled into the clips of a lesson.

The windows that gave an alert are among them. An episode begins with the second for which its first window speaks, so
the sound that caused it may be up to four seconds older; and it ends with six seconds of quiet.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, Protocol

import numpy as np
import soundfile

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SECONDS
from tears.audio.errors import AudioFormatError
from tears.audio.format import Int16Array, to_mono
from tears.audio.level import level_dbfs
from tears.audio.window import make_window
from tears.audio.window_positions import native_window_samples
from tears.journal.history.records import ClipState, KeptClip, ParentLabel, Verdict
from tears.kit.registry.mic_names import is_folder_name
from tears.own_data.clips.clip_names import NOHASH, ROOM_MARK
from tears.own_data.labels.label_names import CRYING, OTHER_NAMES
from tears.own_data.teaching.home_clips import MOST_CLIPS_A_RECORDING
from tears.policy.parameters import Policy

logger = logging.getLogger(__name__)

# From one window to the next: they overlap, as in the pipeline.
_WINDOW_STEP_SECONDS: Final = 2.0
_OLDER_SECONDS: Final = WINDOW_SECONDS - 1.0
_QUIET_SECONDS: Final = Policy().quiet_seconds
# Sounds that are so near to each other are one recording, also in two rooms, which hear the same baby: what is learnt
# from one tells of the others.
_SAME_RECORDING_SECONDS: Final = 120.0
# Inside crying, a part that is so much quieter than the loudest is a pause.
_PAUSE_DB: Final = 20.0
_GAP_SECONDS: Final = 0.25
# The name of a file has up to 255 bytes, and a clip is more than its room.
_LONGEST_MARKED_ROOM: Final = 200


class LabelledHistory(Protocol):
    """What parents have said, and which clips there are: a `HistoryFile`."""

    def labels(self, from_at: float = 0.0, to_at: float = float("inf")) -> list[ParentLabel]:
        """Return the labels, the earliest sound first."""

    def clip(self, clip_id: str) -> KeptClip:
        """Return what is known of a clip."""


class ClipFiles(Protocol):
    """The FLAC files of the clips: a `ClipStore`."""

    def path(self, clip_id: str) -> Path | None:
        """Return the file of a clip; None if there is none."""


class LessonSound(NamedTuple):
    """A labelled sound; times are in seconds from the beginning of its clip, and `number` is that of its recording."""

    mic: str
    recording: str
    number: int
    clip_id: str
    is_crying: bool
    from_seconds: float
    to_seconds: float


class MaterialClip(NamedTuple):
    """5 s of a labelled sound, as the model hears it.

    Attributes:
        name: its path below a folder of clips, in own_data's format.
        recording: what it was cut from; the clips of one recording must not be separated.
        clip_id: the id of the sound's clip.
        samples: int16 [110 250], 22 050 Hz.
    """

    name: PurePosixPath
    recording: str
    clip_id: str
    samples: Int16Array


class LessonMaterial:
    """The labelled sounds of a house."""

    def __init__(self, history: LabelledHistory, clips: ClipFiles) -> None:
        self._history = history
        self._clips = clips

    def clips(self) -> Iterator[MaterialClip]:
        """Yield clips of 5 s of all labelled sounds; a clip that cannot be read is left out."""
        numbers: Counter[str] = Counter()
        for sound in sounds_of(self._history.labels(), self._history.clip):
            path = self._clips.path(sound.clip_id)
            kind = CRYING if sound.is_crying else OTHER_NAMES[2]
            for window in () if path is None else _windows(path, sound):
                name = f"{sound.recording}{NOHASH}{numbers[sound.recording]}{_room_mark(sound.mic)}.wav"
                numbers[sound.recording] += 1
                yield MaterialClip(PurePosixPath(kind, name), sound.recording, sound.clip_id, window)

    def write(self, folder: Path) -> dict[str, tuple[str, ...]]:
        """Write the clips into `crying/` and `other/`; return the ids of the sounds in each recording.

        Raises:
            OSError: The folder cannot be written.
        """
        ids: dict[str, tuple[str, ...]] = {}
        for clip in self.clips():
            path = folder / clip.name
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, clip.samples, MODEL_RATE_HZ, subtype="PCM_16")
            if clip.clip_id not in ids.setdefault(clip.recording, ()):
                ids[clip.recording] += (clip.clip_id,)
        return ids


def _room_mark(mic: str) -> str:
    """Return the end of a clip's name that says its room; empty if no name of a file can say it."""
    return f"{ROOM_MARK}{mic}" if is_folder_name(mic) and len(mic) <= _LONGEST_MARKED_ROOM else ""


def sounds_of(labels: Sequence[ParentLabel], clip_of: Callable[[str], KeptClip]) -> list[LessonSound]:
    """Return the labelled sounds that have a clip, in the order of time."""
    found: list[LessonSound] = []
    until, number = float("-inf"), 0
    for label in sorted(labels, key=lambda one: (one.from_at, one.mic)):
        clip_id = label.episode_id or label.near_miss_id or label.id
        clip = clip_of(clip_id)
        if clip.state is not ClipState.KEPT:
            continue
        if label.from_at - until > _SAME_RECORDING_SECONDS:
            number += 1
        until = max(until, label.to_at)
        is_crying = label.verdict is Verdict.CRYING
        is_mark = label.episode_id is None and label.near_miss_id is None
        begin = label.from_at - (0.0 if is_mark else _OLDER_SECONDS)
        # Of an episode of crying, the quiet with which it ends is not crying.
        end = label.to_at - (_QUIET_SECONDS if is_crying and label.episode_id else 0.0)
        end = max(end, begin + WINDOW_SECONDS)
        # Names sort by age, so that the newest are kept if there are too many.
        name = f"{int(label.from_at):011d}-{number}" if not found or found[-1].number != number else found[-1].recording
        found.append(LessonSound(label.mic, name, number, clip_id, is_crying, begin - clip.from_at, end - clip.from_at))
    return found


def _windows(path: Path, sound: LessonSound) -> Iterator[Int16Array]:
    """Yield windows of a sound with the pipeline's gain, int16 [110 250]; nothing of a clip that cannot be read."""
    try:
        with soundfile.SoundFile(path) as file:
            rate_hz, size = file.samplerate, native_window_samples(file.samplerate)
            first = max(0, round(sound.from_seconds * rate_hz))
            last = min(file.frames, round(sound.to_seconds * rate_hz)) - size
            starts = range(first, last + 1, round(_WINDOW_STEP_SECONDS * rate_hz))
            monos = [_read(file, start, size) for start in _spread(starts)]
    except (OSError, soundfile.SoundFileError, AudioFormatError) as error:
        logger.warning("%s cannot be read, and is left out of the lesson: %s", path, error)
        return
    levels = [level_dbfs(mono) for mono in monos]
    least = max(levels, default=0.0) - _PAUSE_DB if sound.is_crying else float("-inf")
    for mono, level in zip(monos, levels, strict=True):
        if level >= least and not _has_gap(mono, rate_hz):
            yield make_window(mono, rate_hz, None).samples


def _spread(starts: Sequence[int]) -> list[int]:
    """Return at most as many starts as a lesson uses of one recording, spread evenly."""
    count = min(len(starts), MOST_CLIPS_A_RECORDING)
    return [starts[k * len(starts) // count] for k in range(count)]


def _read(file: soundfile.SoundFile, start: int, size: int) -> Int16Array:
    file.seek(start)
    return to_mono(file.read(size, dtype="int16", always_2d=True))


def _has_gap(mono: Int16Array, rate_hz: int) -> bool:
    """Return whether int16 [n] is silent for a quarter of a second.

    A clip has silence where sound was lost, and the pipeline makes no window of sound with a gap.
    """
    sounding = np.flatnonzero(mono)
    return bool(np.diff(np.concatenate([[-1], sounding, [len(mono)]])).max() > _GAP_SECONDS * rate_hz)
