"""Write the sound of a clip into a FLAC file while it comes, whole or not at all."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tears.audio.format import Int16Array
from tears.journal.recordings.file_names import utc_time
from tears.kit.files import PRIVATE_FILE_MODE, naming_file, sync_file, sync_folder

CLIP_PART_SUFFIX = ".part"
# What FLAC, as libsndfile writes it, can hold.
MOST_CLIP_CHANNELS = 8
HIGHEST_CLIP_RATE_HZ = 655_350
_SILENCE_SAMPLES = 65_536
# Linux may keep for half a minute to itself what was written; a power cut is to lose less.
_SYNC_SECONDS = 10


class ClipWriter:
    """One FLAC file: 16 bits, at the microphone's own rate and channels; memory does not grow with its length.

    The sound goes to a part file beside `path`, and has its name when it is on the disk. Every method raises OSError
    as the disk does, with `path` as its `filename`; then, and always at the end, the caller calls `discard`, which does
    nothing after `finish`.
    """

    def __init__(self, path: Path, rate_hz: int, channels: int, *, from_at: float, comment: str) -> None:
        """Make the part file, private to its owner; its folder must exist.

        Args:
            path: where the clip will be.
            rate_hz: at most HIGHEST_CLIP_RATE_HZ.
            channels: at most MOST_CLIP_CHANNELS.
            from_at: the time of the first sample, in seconds since 1970; a tag of the file.
            comment: another tag.
        """
        self.path = path
        self.samples = 0
        self._synced_samples = 0
        self.rate_hz = rate_hz
        self.channels = channels
        self._part = path.with_name(path.name + CLIP_PART_SUFFIX)
        with naming_file(path):
            self._file = _ReportingFile(self._part)
        try:
            self._flac = soundfile.SoundFile(
                self._file, "w", samplerate=rate_hz, channels=channels, format="FLAC", subtype="PCM_16"
            )
        except BaseException:
            self._file.close()
            self._part.unlink(missing_ok=True)
            raise
        self._flac.comment = comment
        begins_at: dt.datetime = utc_time(from_at)
        self._flac.date = begins_at.isoformat(timespec="milliseconds")

    @property
    def seconds(self) -> float:
        """The length so far."""
        return self.samples / self.rate_hz

    def write(self, frames: Int16Array) -> None:
        """Append frames, int16 (n, channels)."""
        with naming_file(self.path):
            self._flac.write(frames)
            self._file.raise_error()
        self.samples += len(frames)

    def write_silence(self, samples: int) -> None:
        """Append silence where sound is missing, so that what follows keeps its time."""
        while samples > 0:
            piece = min(samples, _SILENCE_SAMPLES)
            self.write(np.zeros((piece, self.channels), np.int16))
            samples -= piece

    def sync(self) -> None:
        """Wait until the disk has the sound so far, if that has grown by 10 s since the last time."""
        if self.samples - self._synced_samples >= _SYNC_SECONDS * self.rate_hz:
            self._synced_samples = self.samples
            with naming_file(self.path):
                self._file.sync()

    def finish(self) -> None:
        """Put the file into its place; it survives a power cut from here on."""
        with naming_file(self.path):
            self._flac.close()
            self._file.raise_error()
            self._file.close()
            sync_file(self._part)
            self._part.replace(self.path)
            sync_folder(self.path.parent)

    def discard(self) -> None:
        """Remove the part file if there still is one."""
        self._flac.close()
        self._file.close()
        self._part.unlink(missing_ok=True)


def times_of(path: Path) -> tuple[float, float]:
    """Return the time of the first sample of a clip, and its length in seconds; zeros if it cannot be read."""
    try:
        with soundfile.SoundFile(path) as flac:
            return dt.datetime.fromisoformat(flac.date).timestamp(), flac.frames / flac.samplerate
    except (OSError, soundfile.SoundFileError, ValueError):
        return 0.0, 0.0


class _ReportingFile:
    """A file for libsndfile, which keeps no reason when a write fails: this remembers the error."""

    def __init__(self, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE_FILE_MODE)
        self._file = os.fdopen(fd, "w+b", buffering=0)
        self._error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of `data`; after an error, drop it."""
        content = memoryview(data)
        try:
            while self._error is None and content:
                content = content[self._file.write(content) :]
        except OSError as error:
            self._error = error
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Read as a file does; libsndfile asks for it, and does not use it."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move as a file does: at the end, libsndfile writes the length into the head."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the file; it may be closed already."""
        self._file.close()

    def raise_error(self) -> None:
        """Raise the first error of a write."""
        if self._error is not None:
            raise self._error
