"""The sound files inside a package: those that lie open, those in zip archives, those in a game's own containers."""

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

from tears.trainer.corpus.errors import PackageError

SOUND_SUFFIXES: Final = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64", ".raw"}
)
ZIP_SUFFIXES: Final = frozenset({".zip", ".pk3", ".pk4", ".wz", ".jar"})
CONTAINER_SUFFIXES: Final = frozenset({".cat", ".rcc", ".dat", ".pak"})

MAX_FILE_BYTES: Final = 256 << 20
UNPACK_TIMEOUT_SECONDS: Final = 3600.0  # a busy Pi is slow
ALL: Final = slice(None)

# One bit of an Ogg page's header says that a stream begins, another that it ends.
_OGG_BEGINS, _OGG_ENDS = 2, 4
_OGG_HEADER_BYTES: Final = 27
_RIFF_HEADER_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound file in a package, not read yet.

    Attributes:
        path: Inside the package; what lies in an archive there has `!` before its own path.
        read: Reads its bytes.
    """

    path: str
    read: Callable[[], bytes]

    @property
    def suffix(self) -> str:
        """Its ending, in small letters."""
        return PurePosixPath(self.path).suffix.lower()


@contextmanager
def opened(deb: Path) -> Iterator[list[SoundFile]]:
    """Unpacks a .deb into a temporary file and lists its sound files; they can be read while the context is open.

    Raises:
        PackageError: It is no .deb, or broken.
    """
    with tempfile.TemporaryFile() as file:
        try:
            ended = subprocess.run(  # noqa: S603 (no shell reads the path)
                ["dpkg-deb", "--fsys-tarfile", str(deb)],  # noqa: S607 (dpkg's place is the system's affair)
                stdout=file,
                stderr=subprocess.PIPE,
                text=True,
                timeout=UNPACK_TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PackageError(f"{deb} did not unpack in {UNPACK_TIMEOUT_SECONDS:.0f} s; fetch it anew") from error
        if ended.returncode:
            raise PackageError(f"{deb} cannot be unpacked ({ended.stderr.strip()}); delete it to have it fetched anew")
        file.seek(0)
        with tarfile.open(fileobj=file) as tar:
            yield sorted(_in_tar(tar), key=lambda sound: sound.path)


def _in_tar(tar: tarfile.TarFile) -> Iterator[SoundFile]:
    for member in tar:
        path = member.name.removeprefix("./")
        suffix = PurePosixPath(path).suffix.lower()
        if not member.isreg() or (suffix not in ZIP_SUFFIXES and member.size > MAX_FILE_BYTES):
            continue
        if suffix in SOUND_SUFFIXES:
            yield SoundFile(path, partial(_bytes_of, tar, member))
        elif suffix in ZIP_SUFFIXES:
            yield from _in_zip(path, tar, member)
        elif suffix in CONTAINER_SUFFIXES:
            for name, start, end in embedded(_bytes_of(tar, member)):
                yield SoundFile(f"{path}!{name}", partial(_bytes_of, tar, member, slice(start, end)))


def _bytes_of(tar: tarfile.TarFile, member: tarfile.TarInfo, part: slice = ALL) -> bytes:
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
        if suffix in SOUND_SUFFIXES and entry.file_size <= MAX_FILE_BYTES:
            yield SoundFile(f"{path}!{entry.filename}", partial(archive.read, entry))


def embedded(container: bytes) -> list[tuple[str, int, int]]:
    """Finds whole WAV and Ogg files in the bytes of a container whose own format we need not know.

    Returns:
        Name, start and end of each; the name tells the start and the kind.
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
    """Where an Ogg stream ends: after the page that says so, or the last one in a row."""
    while container.startswith(b"OggS", at) and at + _OGG_HEADER_BYTES <= len(container):
        ends = container[at + 5] & _OGG_ENDS
        segments = container[at + 26]
        table = container[at + _OGG_HEADER_BYTES : at + _OGG_HEADER_BYTES + segments]
        at += _OGG_HEADER_BYTES + segments + sum(table)
        if ends:
            break
    return min(at, len(container))
