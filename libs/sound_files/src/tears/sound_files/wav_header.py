"""Find out where the sound of a WAV lies, and mend a header that says something else.

A recorder that loses power never closes its file: the header still says that there are 0 bytes of sound. Programs that
write into a pipe do not know the length, and files above 4 GiB give it modulo 2 ** 32.
"""

import io
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

# These lengths mean "unknown": sox and ffmpeg write them into a pipe, and a recorder that is cut off leaves them.
_UNKNOWN_LENGTHS: Final = (0, 0x7FFFFFFF, 0x7FFFF000, 0x7FFFFFF0, 0xFFFFFFFF, 0xFFFFFFFE)
_IN_DS64: Final = 0xFFFFFFFF
_CHUNK_HEAD: Final = 8
_RIFF_HEAD: Final = 12
# Longer rests that are no chunks are sound; shorter ones are what some programs append.
_LONGEST_TRAILER_BYTES: Final = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class WavData:
    """The place of the sound in a WAV.

    Attributes:
        begin: The position of its first byte.
        promised: How many bytes of sound the header promises; None if it does not say.
        length: How many bytes of sound there are.
        patches: What has to stand where in the header, so that it promises what there is.
    """

    begin: int
    promised: int | None
    length: int
    patches: Mapping[int, bytes]

    @property
    def missing(self) -> int:
        """Return how many bytes were cut off."""
        return max(0, (self.promised or 0) - self.length)


def find_wav_data(file: BinaryIO) -> WavData | None:
    """Look at the chunks of a file; None if it is not a WAV, or has no chunk of sound."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(_RIFF_HEAD)
    if head[:4] not in {b"RIFF", b"RF64", b"BW64"} or head[8:] != b"WAVE":
        return None
    long_length, ds64_at = 0, 0
    while len(head := file.read(_CHUNK_HEAD)) == _CHUNK_HEAD:
        name, length = struct.unpack("<4sI", head)
        begin = file.tell()
        if name == b"data":
            promised: int | None = length
            if length == _IN_DS64 and ds64_at:
                promised = long_length
            if promised in _UNKNOWN_LENGTHS:
                promised = None
            return _data(file, begin, size, promised, claimed=long_length if ds64_at else length, ds64_at=ds64_at)
        if name == b"ds64":
            fields = file.read(16)
            if len(fields) == 16:  # noqa: PLR2004 - two numbers of 64 bits: the whole file, and its sound
                ds64_at, long_length = begin, struct.unpack("<QQ", fields)[1]
        # Chunks start at even places.
        file.seek(begin + length + length % 2)
    return None


def _data(file: BinaryIO, begin: int, size: int, promised: int | None, *, claimed: int, ds64_at: int) -> WavData:
    rest = size - begin
    if promised is not None and promised >= rest:
        return WavData(begin=begin, promised=promised, length=rest, patches={})
    is_whole = _are_chunks(file, begin + claimed + claimed % 2, size)
    is_trailer = claimed > 0 and rest - claimed <= _LONGEST_TRAILER_BYTES
    if is_whole or (promised is not None and is_trailer):
        return WavData(begin=begin, promised=promised, length=min(claimed, rest), patches={})
    if ds64_at:
        patches = {ds64_at: struct.pack("<QQ", size - _CHUNK_HEAD, rest)}
    else:
        # Readers take the largest number as "to the end of the file".
        longest = struct.pack("<I", _IN_DS64)
        patches = {4: longest, begin - 4: longest}
    return WavData(begin=begin, promised=None, length=rest, patches=patches)


def _are_chunks(file: BinaryIO, begin: int, size: int) -> bool:
    """Return whether the file ends at a position, or goes on with whole chunks to its end."""
    at = begin
    while at + _CHUNK_HEAD <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(_CHUNK_HEAD))
        if not (name.isascii() and name.decode().isprintable()):
            return False
        at += _CHUNK_HEAD + length + length % 2
    # The last chunk may lack the byte that makes its length even.
    return at - 1 <= size <= at + 1


class MendedFile(io.RawIOBase):
    """A file of which some bytes read as others."""

    def __init__(self, path: Path, patches: Mapping[int, bytes]) -> None:
        self._file = path.open("rb")
        self._patches = patches

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer from the position on; return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        begin = self._file.tell()
        count = self._file.readinto(view)
        for at, patch in self._patches.items():
            first, last = max(at, begin), min(at + len(patch), begin + count)
            if first < last:
                view[first - begin : last - begin] = patch[first - at : last - at]
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
