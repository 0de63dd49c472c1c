"""Segments as FLAC files."""

import io
from pathlib import Path

import numpy as np
import soundfile

from tears.journal.recordings.file_names import session_label, utc_time
from tears.journal.recordings.segments import RecordedSegment

# Every file that we write has this mark; only files that have it are deleted.
_MARK = "tears record"
# The tags follow the 42 bytes that describe the stream.
_HEAD_BYTES = 4_096


def encode_flac(segment: RecordedSegment) -> bytes:
    """Return the whole file: 16 bits, at the segment's own rate and channels.

    It is made in memory, so that a failing disk shows as an error of the operating system, with a reason, and not as
    one of the codec.
    """
    frames = np.frombuffer(segment.pcm, "<i2").astype(np.int16, copy=False).reshape(-1, segment.channels)
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", samplerate=segment.sample_rate_hz, channels=segment.channels, format="FLAC", subtype="PCM_16"
    ) as flac:
        flac.software = _MARK
        flac.comment = f"mic={segment.mic} session={session_label(segment.session)} first_sample={segment.first_sample}"
        # More exact than the time in the name, and still there after the file was renamed.
        flac.date = utc_time(segment.begins_at_seconds).isoformat(timespec="milliseconds")
        flac.write(frames)
    return file.getvalue()


def is_recorded_by_us(path: Path) -> bool:
    """Return whether the file has our mark; False if it was moved away or cannot be read."""
    try:
        with path.open("rb") as file:
            return _MARK.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False
