"""Find the facts about a clip of a dataset: its format, length, level, and how much of it is clipped."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from tears.audio.constants import FULL_SCALE, MODEL_RATE_HZ, SILENCE_DBFS
from tears.audio.format import Int16Array
from tears.audio.level import level_dbfs
from tears.audio.offset import without_offset
from tears.own_data.clips.clip_names import group_of
from tears.own_data.clips.wav_files import check_wav, read_wav
from tears.own_data.errors import RecordingError
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import SoundFacts, look_at

# A sample at or above this counts as clipped: resampling leaves ripples on what was clipped.
_CLIPPED_FROM: Final = round(0.999 * FULL_SCALE)  # 32 735
# A flat top is at least this many equal samples in a row, at the highest level of a clip.
_FLAT_SAMPLES: Final = 3
# A muted microphone still has noise of one step.
_SILENT_PEAK: Final = 2
_LONGEST_SECONDS: Final = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipFacts:
    """The facts about a clip; the figures are 0 if the file cannot be read.

    Attributes:
        path: The file.
        name: Its path below the dataset's folder.
        label: The name of its folder.
        kind: Why it cannot be used: wav, truncated, rate, channels, format, length; "" if it can.
        fault: The same in words, with the cure.
        level_dbfs: The RMS level, without a large offset.
        is_silent: Whether it is digital silence.
        clipped_share: The share of its samples that are clipped.
    """

    path: Path
    name: str
    label: str
    kind: str = ""
    fault: str = ""
    rate_hz: int = 0
    channels: int = 0
    seconds: float = 0.0
    level_dbfs: float = SILENCE_DBFS
    is_silent: bool = False
    clipped_share: float = 0.0

    @property
    def recording(self) -> str:
        """Return the recording that it was cut from, which decides its split."""
        return group_of(self.path.name)


def clip_facts_of(path: Path, name: str, label: str, clip_seconds: float | None) -> tuple[ClipFacts, Int16Array | None]:
    """Read a clip and return the facts about it.

    Args:
        path: The file.
        name: Its path below the dataset's folder.
        label: The name of its folder.
        clip_seconds: The length that it must have; None for any.

    Returns:
        The facts, and the samples, int16 of shape [n]; or None if the clip cannot be used.
    """
    facts = ClipFacts(path=path, name=name, label=label)
    try:
        info = look_at(path)
    except UnreadableSoundError as error:
        fault = f"cannot be read as sound: it {error.reason}; or delete it"
        if not os.access(path, os.R_OK):
            fault = "cannot be read by this user; allow that with chmod +r"
        return replace(facts, kind="wav", fault=fault), None
    facts = replace(facts, rate_hz=info.rate_hz, channels=info.channels, seconds=info.seconds)
    kind, fault = _fault(path, info, clip_seconds)
    if kind:
        return replace(facts, kind=kind, fault=fault), None
    samples = read_wav(path, 0, info.samples)
    level = level_dbfs(without_offset(samples, info.rate_hz, None))
    facts = replace(facts, level_dbfs=level, is_silent=is_silent(samples), clipped_share=clipped_share(samples))
    return facts, samples


def is_silent(samples: Int16Array) -> bool:
    """Return whether int16 samples of shape [n] hold only an offset and the noise of the last bit."""
    return int(samples.max()) - int(samples.min()) <= _SILENT_PEAK


def clipped_share(samples: Int16Array) -> float:
    """Return the share of int16 samples of shape [n] that are at the end of the range, or in flat tops below it.

    Sound that was clipped and then made quieter still has its flat tops.
    """
    magnitudes = np.abs(samples.astype(np.int32))
    at_end = magnitudes >= _CLIPPED_FROM
    highest = int(magnitudes.max())
    if not at_end.any() and highest > _SILENT_PEAK:
        tops = np.flatnonzero(np.diff(np.concatenate([[0], (magnitudes == highest).astype(np.int8), [0]])))
        lengths = tops[1::2] - tops[::2]
        return float(lengths[lengths >= _FLAT_SAMPLES].sum()) / samples.size
    return float(np.mean(at_end))


def _fault(path: Path, info: SoundFacts, clip_seconds: float | None) -> tuple[str, str]:
    """Return the kind of the fault, and the fault in words; two empty strings if there is none."""
    if info.channels != 1:
        return "channels", f"has {info.channels} channels; mix them: sox {path.name} MONO.wav remix -"
    if info.rate_hz != MODEL_RATE_HZ:
        return "rate", (
            f"has {info.rate_hz} Hz, not {MODEL_RATE_HZ}; cut the recording with ./tears slice, or resample the "
            f"clip: sox {path.name} -r {MODEL_RATE_HZ} OUT.wav"
        )
    if info.codec != "PCM_16":
        return "format", f"is {info.codec}, not of 16 bits; convert it: sox {path.name} -e signed -b 16 OUT.wav"
    try:
        check_wav(path, MODEL_RATE_HZ)
    except RecordingError as error:
        return "truncated", str(error).removeprefix(f"{path} ")
    seconds = info.seconds
    if seconds > _LONGEST_SECONDS or (clip_seconds and abs(seconds - clip_seconds) * info.rate_hz > 1):
        wanted = f"not {clip_seconds:g}" if clip_seconds else f"more than {_LONGEST_SECONDS}"
        return "length", f"has {seconds:.2f} s, {wanted}; cut the recording with ./tears slice"
    return "", ""
