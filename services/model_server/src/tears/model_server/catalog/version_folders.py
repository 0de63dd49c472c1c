"""Find the folders of a model's versions on disk, by TF Serving's rules."""

import itertools
import re
from pathlib import Path
from typing import Final

MAX_FILES: Final = 10_000
MAX_VERSION: Final = 2**63 - 1  # the API has 64 bits with a sign

_VERSION_NAME: Final = re.compile(r"[0-9]+")


def version_number(name: str) -> int | None:
    """Return the version that a folder's name means: 7 for `7` and `0007`, None for `tmp`, `-1`, `1.5` or `+7`."""
    return int(name) if _VERSION_NAME.fullmatch(name) and int(name) <= MAX_VERSION else None


def find_versions(base_path: Path) -> dict[int, Path]:
    """Return the version folders in `base_path`, newest first; of two names for one version, the shorter one counts.

    Raises:
        OSError: The base folder does not exist or cannot be read.
    """
    found: dict[int, Path] = {}
    for path in sorted(base_path.iterdir(), key=lambda path: len(path.name)):
        number = version_number(path.name)
        if number is not None and path.is_dir():
            found.setdefault(number, path)
    return dict(sorted(found.items(), reverse=True))


def fingerprint(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Return the name, size and modification time of each file of a version: if they differ, the content may differ.

    The result is empty for a folder that cannot be read, and covers the first `MAX_FILES` files only.
    """
    try:
        found = {path: path.stat() for path in itertools.islice(folder.rglob("*"), MAX_FILES)}
    except OSError:
        return frozenset()
    return frozenset((str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns) for path, stat in found.items())
