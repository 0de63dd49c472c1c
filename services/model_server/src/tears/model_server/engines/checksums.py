"""Compare a version's files with the digests that its exporter wrote beside them.

A TFLite file in which bits have flipped often still loads and runs, and answers something else.
"""

import hashlib
from pathlib import Path, PurePosixPath
from typing import Final

from tears.model_server.errors import DataLossError

# In the form of `sha256sum`.
CHECKSUMS_FILE: Final = "SHA256SUMS"
MAX_CHECKSUMS_BYTES: Final = 1024 * 1024

_DIGEST_CHARACTERS: Final = 64


def check_files(folder: Path) -> None:
    """Compare every listed file that exists; a version without a list, and a file that is gone, pass.

    Of a version in two formats one may be deleted. A file that is needed and gone is reported by the engine.

    Raises:
        DataLossError: A file has another digest, or the list cannot be read.
    """
    listing = folder / CHECKSUMS_FILE
    try:
        with listing.open("rb") as file:
            lines = file.read(MAX_CHECKSUMS_BYTES).decode().splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise DataLossError(f"{listing} cannot be read: {error}; export or copy the version again") from error
    for number, line in enumerate(lines, start=1):
        digest, name = line[:_DIGEST_CHARACTERS], line[_DIGEST_CHARACTERS + 2 :]
        relative = PurePosixPath(name)
        if len(digest) < _DIGEST_CHARACTERS or not name or relative.is_absolute() or ".." in relative.parts:
            raise DataLossError(
                f"{listing}: line {number} is not a digest and a name; export or copy the version again"
            )
        path = folder / relative
        if path.is_file() and _sha256(path) != digest.lower():
            raise DataLossError(
                f"{path} is damaged or was changed: its SHA-256 is not the one in {CHECKSUMS_FILE}; export or copy the "
                f"version again, or delete {CHECKSUMS_FILE} if the change is meant"
            )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataLossError(f"{path} cannot be read: {error.strerror}") from error
