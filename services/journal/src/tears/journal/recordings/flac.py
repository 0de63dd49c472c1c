"""Segments as FLAC."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile

from tears.journal.recordings.file_names import session_label, utc_time
from tears.journal.recordings.segments import Segment

# Stands in the file itself: a file is deleted only where this is found.
MARK = "tears record"
# The tags come right after the 42 bytes that describe the stream.
_HEAD_BYTES = 4_096


def encode(segment: Segment) -> bytes:
    """The whole file, 16 bits, at the segment's own rate and channels.

    In memory, so that a failing disk is an error of the operating system's, with its reason, and not of the codec's.
    """
    frames = np.frombuffer(segment.pcm, "<i2").astype(np.int16, copy=False).reshape(-1, segment.channels)
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", samplerate=segment.sample_rate_hz, channels=segment.channels, format="FLAC", subtype="PCM_16"
    ) as flac:
        flac.software = MARK
        flac.comment = f"mic={segment.mic} session={session_label(segment.session)} first_sample={segment.first_sample}"
        # The name has it to the second, and may be changed.
        flac.date = utc_time(segment.begins_at_seconds).isoformat(timespec="milliseconds")
        flac.write(frames)
    return file.getvalue()


def is_recorded_by_us(path: Path) -> bool:
    """Whether the file has our mark; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return MARK.encode() in file.read(_HEAD_BYTES)
