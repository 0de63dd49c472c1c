"""Find the sound files in a package: plain files, files in zip archives, and files in a game's own containers."""

import re
import struct
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from tears.trainer.errors import PackageError

SOUND_SUFFIXES: Final = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64", ".raw"}
)
ZIP_SUFFIXES: Final = frozenset({".zip", ".pk3", ".pk4", ".wz", ".jar"})
CONTAINER_SUFFIXES: Final = frozenset({".cat", ".rcc", ".dat", ".pak"})

MAX_SOUND_FILE_BYTES: Final = 256 << 20
UNPACK_TIMEOUT_SECONDS: Final = 3600.0  # a busy Pi is slow

_FETCH_AGAIN: Final = "delete it to have it fetched again"
_OGG_ENDS: Final = 4  # the bit in an Ogg page's header that marks the last page of a stream
_OGG_HEADER_BYTES: Final = 27
_RIFF_HEADER_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound file in a package; `read` reads its bytes.

    Its path is the path in the package. A file in an archive has the archive's path, `!`, and its path in there.
    """

    path: str
    read: Callable[[], bytes]

    @property
    def suffix(self) -> str:
        """Return the ending of its name, in lower case."""
        return PurePosixPath(self.path).suffix.lower()


@contextmanager
def open_package(deb: Path) -> Iterator[list[SoundFile]]:
    """Unpack a .deb into a temporary file and list its sound files, which can be read while the context is open.

    Raises:
        PackageError: The file is not a .deb, or it is broken.
    """
    with tempfile.TemporaryFile() as file:
        try:
            result = subprocess.run(  # noqa: S603 (no shell reads the path)
                ["dpkg-deb", "--fsys-tarfile", str(deb)],  # noqa: S607 (the system knows where dpkg-deb is)
                stdout=file,
                stderr=subprocess.PIPE,
                text=True,
                timeout=UNPACK_TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PackageError(f"{deb} was not unpacked in {UNPACK_TIMEOUT_SECONDS:.0f} s; {_FETCH_AGAIN}") from error
        if result.returncode:
            raise PackageError(f"{deb} cannot be unpacked ({result.stderr.strip()}); {_FETCH_AGAIN}")
        file.seek(0)
        with tarfile.open(fileobj=file) as tar:
            yield sorted(_in_tar(tar), key=lambda sound: sound.path)


def _in_tar(tar: tarfile.TarFile) -> Iterator[SoundFile]:
    for member in tar:
        path = member.name.removeprefix("./")
        suffix = PurePosixPath(path).suffix.lower()
        if not member.isreg() or (suffix not in ZIP_SUFFIXES and member.size > MAX_SOUND_FILE_BYTES):
            continue
        if suffix in SOUND_SUFFIXES:
            yield SoundFile(path, partial(_bytes_of, tar, member))
        elif suffix in ZIP_SUFFIXES:
            yield from _in_zip(path, tar, member)
        elif suffix in CONTAINER_SUFFIXES:
            for name, start, end in embedded_sounds(_bytes_of(tar, member)):
                yield SoundFile(f"{path}!{name}", partial(_bytes_of, tar, member, slice(start, end)))


def _bytes_of(tar: tarfile.TarFile, member: tarfile.TarInfo, part: slice = slice(None)) -> bytes:
    file = tar.extractfile(member)
    return file.read()[part] if file else b""


def _in_zip(path: str, tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[SoundFile]:
    file = tar.extractfile(member)
    if file is None:
        return
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        return
    for entry in archive.infolist():
        suffix = PurePosixPath(entry.filename).suffix.lower()
        if suffix in SOUND_SUFFIXES and entry.file_size <= MAX_SOUND_FILE_BYTES:
            yield SoundFile(f"{path}!{entry.filename}", partial(archive.read, entry))


def embedded_sounds(container: bytes) -> list[tuple[str, int, int]]:
    """Find whole WAV and Ogg files in the bytes of a container of any format.

    Returns:
        Name, start and end of each; the name is made of the start and the file type.
    """
    found = []
    at = 0
    for match in re.finditer(rb"RIFF....WAVE|OggS\x00[\x02\x06]", container, re.DOTALL):
        start = match.start()
        if start < at:
            continue
        if match[0].startswith(b"RIFF"):
            at = start + 8 + struct.unpack_from("<I", container, start + 4)[0]
            if at <= len(container):
                found.append((f"{start}.wav", start, at))
            else:
                at = start + _RIFF_HEADER_BYTES
        else:
            at = _ogg_end(container, start)
            found.append((f"{start}.ogg", start, at))
    return found


def _ogg_end(container: bytes, at: int) -> int:
    """Return where an Ogg stream ends: after its marked last page, or after the last of consecutive pages."""
    while container.startswith(b"OggS", at) and at + _OGG_HEADER_BYTES <= len(container):
        ends = container[at + 5] & _OGG_ENDS
        segments = container[at + 26]
        table = container[at + _OGG_HEADER_BYTES : at + _OGG_HEADER_BYTES + segments]
        at += _OGG_HEADER_BYTES + segments + sum(table)
        if ends:
            break
    return min(at, len(container))
