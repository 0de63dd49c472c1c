"""Whether a microphone hears: does a clap stand out of the quiet? Pure."""

import enum
from dataclasses import dataclass
from typing import Final

import numpy as np

from tears.audio.constants import SILENCE_DBFS
from tears.audio.format import Int16Array, to_mono
from tears.audio.level import level_dbfs

_BLOCK_SECONDS: Final = 0.02
# A clap at three metres stands this far above a quiet room; steps and breath do not.
CLAP_DB: Final = 15.0
# What is quieter than this comes from a microphone that is turned down, or not from the room.
QUIETEST_CLAP_DBFS: Final = -55.0
_CLIPPED: Final = 32_700


class ClapVerdict(enum.StrEnum):
    """What was found."""

    HEARD = "heard"
    # So loud that it is cut off: the microphone is set too high.
    CLIPPED = "clipped"
    # Nothing stands out.
    NOT_HEARD = "not_heard"
    # Something stands out, but so quiet that a baby in the next bed would not be heard.
    TOO_QUIET = "too_quiet"
    # Digital silence: muted, or nothing is plugged in.
    SILENT = "silent"
    # There is no sound at all: the recorder does not run, or Redis is away.
    NO_SOUND = "no_sound"


@dataclass(frozen=True, slots=True)
class ClapResult:
    """The verdict, and the levels in dBFS: of the quiet, and of the loudest moment."""

    verdict: ClapVerdict
    quiet_dbfs: float = SILENCE_DBFS
    loudest_dbfs: float = SILENCE_DBFS


def find_clap(frames: Int16Array, rate_hz: int) -> ClapResult:
    """Look for a clap in some seconds of sound, int16 (n, channels)."""
    block = max(1, round(_BLOCK_SECONDS * rate_hz))
    mono = to_mono(frames)
    blocks = [mono[start : start + block] for start in range(0, len(mono) - block + 1, block)]
    if not blocks:
        return ClapResult(ClapVerdict.NO_SOUND)
    levels = np.array([level_dbfs(one) for one in blocks])
    quiet_dbfs, loudest_dbfs = float(np.median(levels)), float(levels.max())
    if loudest_dbfs == SILENCE_DBFS:
        verdict = ClapVerdict.SILENT
    elif loudest_dbfs - quiet_dbfs < CLAP_DB:
        verdict = ClapVerdict.NOT_HEARD
    elif loudest_dbfs < QUIETEST_CLAP_DBFS:
        verdict = ClapVerdict.TOO_QUIET
    elif np.abs(frames.astype(np.int32)).max() >= _CLIPPED:
        verdict = ClapVerdict.CLIPPED
    else:
        verdict = ClapVerdict.HEARD
    return ClapResult(verdict, quiet_dbfs, loudest_dbfs)
