"""Fetches an archive of recordings: only where --data_url names one. Nothing else in Tears goes to the network."""

import contextlib
import functools
import http.client
import shutil
import tarfile
import urllib.error
import urllib.parse
import urllib.request
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Final

from tears.trainer.speech_commands.errors import DownloadError
from tears.trainer.speech_commands.whole_files import make_folder, names_the_cure, write_with

SCHEMES: Final = ("https", "http", "file")
TIMEOUT_SECONDS: Final = 60.0
# A member is read whole before it is written: 512 MiB are three hours of 24 kHz.
MOST_BYTES: Final = 2**29
_BLOCK_BYTES: Final = 2**20


def fetch(url: str, folder: Path) -> list[str]:
    """Has the recordings of an archive lie in a folder, and does nothing where an earlier call has done it.

    The archive stays beside them, as train.py leaves it. What was begun and not finished is begun anew.

    Args:
        url: Of a .tar.gz (or .tar) with a folder of WAVs for each label; https, http or file.
        folder: `--data_dir`.

    Returns:
        What was done, a line each.

    Raises:
        DownloadError: It cannot be fetched, is no archive, or holds no WAV.
        WriteError: The disk does not take it.
    """
    name = _name_of(url)
    make_folder(folder)
    archive, done = folder / name, folder / f".{name}.unpacked"
    if done.exists():
        return [f"{name} was unpacked into {folder} before"]
    told: list[str] = []
    if not archive.exists():
        _download(url, archive)
        told.append(f"Successfully downloaded {name} ({archive.stat().st_size} bytes)")
    count = _unpack(archive, folder)
    with names_the_cure(done):
        done.touch()
    return [*told, f"{name}: {count} WAVs unpacked into {folder}"]


def _name_of(url: str) -> str:
    with contextlib.suppress(ValueError):  # a bracket without its fellow is no URL either
        parts = urllib.parse.urlsplit(url)
        name = PurePosixPath(urllib.parse.unquote(parts.path)).name
        if parts.scheme in SCHEMES and name:
            return name
    raise DownloadError(f"--data_url: {url} is no https, http or file URL of a .tar.gz; leave it empty to fetch none")


def _download(url: str, archive: Path) -> None:
    # The scheme was checked.
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            length = int(response.headers.get("Content-Length") or 0)
            free = shutil.disk_usage(archive.parent).free
            if length > free:
                raise DownloadError(f"--data_url: {url} has {length} bytes, and {archive.parent} has {free} free")
            write_with(archive, lambda part: _copy(response, part, length, url))
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"--data_url: {url} cannot be fetched: {reason}; fetch it by other means, unpack it into "
            f"--data_dir, and leave --data_url empty"
        ) from error


def _copy(response: IO[bytes], part: Path, length: int, url: str) -> None:
    with part.open("wb") as file:
        try:
            shutil.copyfileobj(response, file, _BLOCK_BYTES)
        except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise DownloadError(f"--data_url: {url} broke off ({str(error) or repr(error)}); try again") from error
    got = part.stat().st_size
    if length and got != length:
        raise DownloadError(f"--data_url: {url} broke off after {got} of {length} bytes; try again")


def _unpack(archive: Path, folder: Path) -> int:
    """Takes the WAVs out of an archive, each into the folder that it names, and nothing else."""
    count, deeper = 0, ""
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                place = _place(member, archive)
                if place and len(place.parts) != 2:  # noqa: PLR2004 (label and name)
                    deeper = member.name
                    continue
                source = tar.extractfile(member) if place else None
                if place and source:
                    sound = source.read()
                    target = folder / place
                    with names_the_cure(target):
                        target.parent.mkdir(parents=True, exist_ok=True)
                    write_with(target, functools.partial(_write, sound))
                    count += 1
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DownloadError(f"{archive} is no whole .tar.gz ({error}); delete it, and it is fetched anew") from error
    if not count:
        cure = f"; unpack it yourself, and give --data_dir the folder above {deeper}'s" if deeper else ""
        raise DownloadError(f"{archive} holds no <label>/<name>.wav; check --data_url{cure}")
    return count


def _place(member: tarfile.TarInfo, archive: Path) -> Path | None:
    """Where a member goes, below the folder; None where it is no recording.

    Raises:
        DownloadError: It would go elsewhere, or is too large to be a recording.
    """
    path = PurePosixPath(member.name)
    if not member.isfile() or path.suffix.lower() != ".wav":
        return None
    if path.is_absolute() or ".." in path.parts:
        raise DownloadError(f"{archive} names a file outside of its folder, {member.name}; check --data_url")
    if member.size > MOST_BYTES:
        raise DownloadError(f"{archive}: {member.name} has {member.size} bytes; at most {MOST_BYTES} are taken")
    return Path(*path.parts)


def _write(sound: bytes, part: Path) -> None:
    part.write_bytes(sound)
