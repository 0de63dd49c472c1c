"""The figures of one microphone. No I/O."""

import enum
from dataclasses import dataclass


class RecordingState(enum.Enum):
    """What happens to the sound of a microphone."""

    RECORDING = "recording"
    WAITING = "waiting for sound"
    BAD_NAME = "no name for a folder"


@dataclass
class MicReport:
    """Figures of one microphone since the start of this process.

    Attributes:
        state: What happens to its sound now.
        open_seconds: Sound in memory that the next file will hold.
        recorded_seconds: Sound in files.
        files: How many were written.
        recorded_bytes: Their size.
        missing_seconds: Sound that never came.
        dropped_seconds: Sound that the disk did not take in time.
        unstorable_seconds: Sound in a format that FLAC cannot hold.
    """

    state: RecordingState = RecordingState.WAITING
    open_seconds: float = 0.0
    recorded_seconds: float = 0.0
    files: int = 0
    recorded_bytes: int = 0
    missing_seconds: float = 0.0
    dropped_seconds: float = 0.0
    unstorable_seconds: float = 0.0
