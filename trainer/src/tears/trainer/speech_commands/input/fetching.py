"""Fetch an archive of recordings, only if --data_url names one; the trainer uses the network for nothing else."""

import contextlib
import http.client
import shutil
import tarfile
import urllib.error
import urllib.parse
import urllib.request
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Final

from tears.kit.files import write_whole, write_with
from tears.trainer.disk_writes import failed_writes_named, make_folder
from tears.trainer.errors import DownloadError

ARCHIVE_SCHEMES: Final = ("https", "http", "file")
DOWNLOAD_TIMEOUT_SECONDS: Final = 60.0
# A WAV is read whole before it is written: 512 MiB are three hours at 24 kHz.
MOST_WAV_BYTES: Final = 2**29
_BLOCK_BYTES: Final = 2**20


def fetch_archive(url: str, folder: Path) -> list[str]:
    """Fetch an archive and unpack its recordings into a folder, unless an earlier call has done it.

    The archive, a .tar.gz or .tar with a folder of WAVs for each label, stays beside the recordings, as train.py leaves
    it. Work that was interrupted starts again. Return lines that say what was done.

    Raises:
        DownloadError: The archive cannot be fetched, cannot be unpacked, or contains no WAV.
        WriteError: The disk does not take it.
    """
    name = _name_of(url)
    make_folder(folder)
    archive, done = folder / name, folder / f".{name}.unpacked"
    if done.exists():
        return [f"{name} was unpacked into {folder} before"]
    lines: list[str] = []
    if not archive.exists():
        _download(url, archive)
        lines.append(f"Successfully downloaded {name} ({archive.stat().st_size} bytes)")
    count = _unpack(archive, folder)
    with failed_writes_named(done):
        done.touch()
    return [*lines, f"{name}: {count} WAVs unpacked into {folder}"]


def _name_of(url: str) -> str:
    with contextlib.suppress(ValueError):  # urlsplit raises for an unclosed bracket
        parts = urllib.parse.urlsplit(url)
        name = PurePosixPath(urllib.parse.unquote(parts.path)).name
        if parts.scheme in ARCHIVE_SCHEMES and name:
            return name
    raise DownloadError(
        f"--data_url: {url} is not an https, http or file URL of a .tar.gz; leave it empty to fetch nothing"
    )


def _download(url: str, archive: Path) -> None:
    try:
        # The scheme was checked.
        with urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT_SECONDS) as response:  # noqa: S310
            length = int(response.headers.get("Content-Length") or 0)
            free = shutil.disk_usage(archive.parent).free
            if length > free:
                raise DownloadError(f"--data_url: {url} has {length} bytes, and {archive.parent} has {free} free")
            with failed_writes_named(archive):
                write_with(archive, lambda part: _copy(response, part, length, url))
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"--data_url: {url} cannot be fetched: {reason}; fetch it in another way, unpack it into "
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
    """Unpack the WAVs of an archive, and nothing else, each into the folder that it names; return their number."""
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
                    with failed_writes_named(target):
                        target.parent.mkdir(parents=True, exist_ok=True)
                        write_whole(target, sound)
                    count += 1
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DownloadError(f"{archive} is not a complete .tar.gz ({error}); delete it and start again") from error
    if not count:
        cure = f"; unpack it yourself, and give --data_dir the folder above {deeper}'s" if deeper else ""
        raise DownloadError(f"{archive} contains no <label>/<name>.wav; check --data_url{cure}")
    return count


def _place(member: tarfile.TarInfo, archive: Path) -> Path | None:
    """Return the path of a member below the folder, None if it is no recording; raise DownloadError if it is unsafe."""
    path = PurePosixPath(member.name)
    if not member.isfile() or path.suffix.lower() != ".wav":
        return None
    if path.is_absolute() or ".." in path.parts:
        raise DownloadError(f"{archive} names a file outside of its folder, {member.name}; check --data_url")
    if member.size > MOST_WAV_BYTES:
        raise DownloadError(f"{archive}: {member.name} has {member.size} bytes; at most {MOST_WAV_BYTES} are accepted")
    return Path(*path.parts)
