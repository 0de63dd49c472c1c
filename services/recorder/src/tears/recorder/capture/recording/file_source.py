"""Read a recording block by block, never whole in memory: WAV, FLAC, OGG, and all else that can be decoded."""

import errno
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS
from tears.audio.format import write_int16
from tears.recorder.capture.source import Block
from tears.recorder.errors import SourceError
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.readable_name import readable_name
from tears.sound_files.reader import fill, open_decoder

logger = logging.getLogger(__name__)


class FileSource:
    """The `Source` of one recording. It gives the sound as fast as the caller reads."""

    lost_samples = 0
    overflows = 0

    def __init__(self, path: Path, block_seconds: float) -> None:
        """Open the file and read its first block.

        Raises:
            SourceError: The file cannot be used; the message names it, what is wrong, and the cure.
        """
        _check_readable(path)
        self._path = path
        try:
            self._file = open_decoder(path)
        except UnreadableSoundError as error:
            raise SourceError(str(error)) from error
        self.sample_rate_hz: int = self._file.rate_hz
        self.channels: int = self._file.channels
        self.description = readable_name(path)
        self.fault = ""
        self._clipped_values = 0
        try:
            self._check_format()
            block_samples = max(1, round(block_seconds * self.sample_rate_hz))
            self._block: Block = np.empty((block_samples, self.channels), np.int16)
            # Sound of more than 16 bits is read as float32 and rounded here.
            self._floats = None if self._file.is_int16 else np.empty((block_samples, self.channels), np.float32)
            self._first = self._read()
            self._check_not_empty()
        except SourceError:
            self.close()
            raise

    def blocks(self) -> Iterator[Block]:
        """Yield the sound; ends early, with a `fault`, where the file is truncated or damaged."""
        block = self._first
        while len(block):
            yield block
            block = self._read()
        self.fault = self._file.fault
        if self._clipped_values:
            logger.warning("%s: %d values beyond full scale were clipped", self._path, self._clipped_values)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self) -> Block:
        """Return the next block: shorter at the end, empty after it."""
        samples = fill(self._file, self._block if self._floats is None else self._floats)
        if self._floats is not None:
            self._clipped_values += write_int16(self._floats[:samples], self._block[:samples])
        return self._block[:samples]

    def _check_format(self) -> None:
        if not LOWEST_RATE_HZ <= self.sample_rate_hz <= HIGHEST_RATE_HZ:
            raise SourceError(
                f"{self._path} has {self.sample_rate_hz} samples a second; "
                f"resample it to at least {LOWEST_RATE_HZ} Hz and at most {HIGHEST_RATE_HZ} Hz"
            )
        if self.channels > MOST_CHANNELS:
            raise SourceError(f"{self._path} has {self.channels} channels; mix it down to {MOST_CHANNELS} or fewer")

    def _check_not_empty(self) -> None:
        if not len(self._first):
            damaged = f"is truncated or damaged, and none of its sound is left: it {self._file.fault}"
            raise SourceError(f"{self._path} {damaged if self._file.fault else 'holds no samples; record it again'}")


def _check_readable(path: Path) -> None:
    """Raise SourceError unless `path` is a file that this process may read."""
    try:
        # O_NONBLOCK: do not wait at a pipe that nobody writes to.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise SourceError(_why_not(path, error)) from error
    try:
        status = os.fstat(file)
    finally:
        os.close(file)
    if stat.S_ISDIR(status.st_mode):
        raise SourceError(f"{path} is a folder; TEARS_RECORDER_INPUT takes one recording")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path} is not a regular file; TEARS_RECORDER_INPUT takes a recording on a disk")
    if status.st_size == 0:
        raise SourceError(f"{path} is empty; record it again")


def _why_not(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f"{path} does not exist; set TEARS_RECORDER_INPUT to a recording (in a container: to its path in there)"
    if error.errno == errno.EACCES:
        return f"{path} may not be read by user {os.geteuid()}; give this user the permission, with chmod or chown"
    return f"{path} cannot be opened: {error.strerror}; set TEARS_RECORDER_INPUT to another recording"
