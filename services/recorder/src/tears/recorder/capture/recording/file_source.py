"""Read a recording block by block, never whole in memory: WAV, FLAC, OGG, and all else that libsndfile reads."""

import errno
import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS
from tears.audio.format import write_int16
from tears.recorder.capture.source import Block
from tears.recorder.errors import SourceError

logger = logging.getLogger(__name__)

# libsndfile converts these to int16 without loss; everything else is read as float32 and rounded here.
INT16_SUBTYPES = frozenset({"PCM_16", "PCM_S8", "PCM_U8"})
# Programs that write into a pipe do not know the length, and give about the largest number that fits instead.
UNKNOWN_LENGTH_BYTES = 0x7FFF_0000
# What libsndfile's log of a file says about a container that ends too early.
_SHORT_CHUNK = re.compile(r"^\s*(?:data|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
_SHORT_COUNT = re.compile(r"Calculated frame count (\d+) does not match value from 'ds64' chunk of (\d+)")
_NO_LAST_PAGE = re.compile("Last page lacks an end-of-stream bit|without an End-Of-Stream flag", re.IGNORECASE)


class _SequentialFile(soundfile.SoundFile):  # type: ignore[misc] # soundfile has no types
    """Read from the beginning to the end.

    If a file is seekable, soundfile seeks before and after every read. That is slow, and it fails at the end of a FLAC
    file that does not know its own length.
    """

    def seekable(self) -> bool:
        return False


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
            self._file = _SequentialFile(path)
        except soundfile.LibsndfileError as error:
            raise SourceError(
                f"{path} is not a recording that can be read, or its beginning is damaged "
                f"({error.error_string.strip()}); use WAV, FLAC or OGG"
            ) from error
        self.sample_rate_hz: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.description = str(path)
        self.fault = ""
        self._clipped_values = 0
        self._position = 0
        self._shortfall = _shortfall(self._file.extra_info)
        try:
            self._check_format()
            block_samples = max(1, round(block_seconds * self.sample_rate_hz))
            self._block: Block = np.empty((block_samples, self.channels), np.int16)
            is_exact = self._file.subtype in INT16_SUBTYPES
            self._floats = None if is_exact else np.empty((block_samples, self.channels), np.float32)
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
            block = np.empty((0, self.channels), np.int16) if self.fault else self._read()
        self.fault = self.fault or self._shortfall or self._missing()
        if self._clipped_values:
            logger.warning("%s: %d values beyond full scale were clipped", self._path, self._clipped_values)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self) -> Block:
        """Return the next block: shorter at the end, empty after it. Set `fault` where the file cannot be decoded."""
        target = self._block if self._floats is None else self._floats
        try:
            samples = len(self._file.read(out=target))
        except soundfile.LibsndfileError as error:
            # `target` holds what was decoded before the fault, and the file's position says how much that is.
            samples = min(max(self._file.tell() - self._position, 0), len(target))
            decoded_seconds = (self._position + samples) / self.sample_rate_hz
            self.fault = f"cannot be decoded beyond {decoded_seconds:.3f} s ({error.error_string.strip()})"
        self._position += samples
        if self._floats is not None:
            self._clipped_values += write_int16(self._floats[:samples], self._block[:samples])
        return self._block[:samples]

    def _missing(self) -> str:
        missing_samples = int(self._file.frames) - self._position
        is_known = self._file.frames < np.iinfo(np.int64).max  # else the header does not say
        return f"ends {missing_samples} samples early" if is_known and missing_samples > 0 else ""

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
            fault = self.fault or self._shortfall
            damaged = f"is truncated or damaged, and none of its sound is left: it {fault}"
            raise SourceError(f"{self._path} {damaged if fault else 'holds no samples; record it again'}")


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


def _shortfall(log: str) -> str:
    """Return by how much a container ends too early, from libsndfile's log; empty if it is whole or does not say."""
    if chunk := _SHORT_CHUNK.search(log):
        promised_bytes, found_bytes = int(chunk[1]), int(chunk[2])
        if found_bytes < promised_bytes < UNKNOWN_LENGTH_BYTES:
            return f"lacks {promised_bytes - found_bytes} of {promised_bytes} bytes of sound"
    if count := _SHORT_COUNT.search(log):
        promised_samples, found_samples = int(count[2]), int(count[1])
        if found_samples < promised_samples:
            return f"ends {promised_samples - found_samples} samples early"
    if _NO_LAST_PAGE.search(log):
        return "lacks its last page"
    return ""
