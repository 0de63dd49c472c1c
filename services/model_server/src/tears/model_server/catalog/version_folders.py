"""Find the folders of a model's versions on disk, by TF Serving's rules."""

import heapq
import itertools
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

MAX_FILES: Final = 10_000
MAX_VERSION: Final = 2**63 - 1  # the API has 64 bits with a sign

# More versions than anybody keeps.
MAX_FOLDERS: Final = 1000
_IMPLAUSIBLE_FACTOR: Final = 1_000_000

_VERSION_NAME: Final = re.compile(r"[0-9]+")


def version_number(name: str) -> int | None:
    """Return the version that a folder's name means: 7 for `7` and `0007`, None for `tmp`, `-1`, `1.5` or `+7`."""
    return int(name) if _VERSION_NAME.fullmatch(name) and int(name) <= MAX_VERSION else None


def find_versions(base_path: Path, named: Collection[int] = ()) -> dict[int, Path]:
    """Return the version folders in `base_path`, newest first; of two names for one version, the shorter one counts.

    Only the newest `MAX_FOLDERS` names are looked at, and those of the versions in `named`: the server looks once a
    second, and each folder costs a question to the file system.

    Raises:
        OSError: The base folder does not exist or cannot be read.
    """
    names = os.listdir(base_path)  # noqa: PTH208 - 100 000 Paths would take a second
    numbers = [(number, -len(name), name) for name in names if (number := version_number(name)) is not None]
    considered = heapq.nlargest(MAX_FOLDERS, numbers)
    considered += [each for each in numbers if each[0] in named] if len(numbers) > MAX_FOLDERS else []
    found: dict[int, Path] = {}
    for number, _, name in considered:
        path = base_path / name
        if number not in found and path.is_dir():
            found[number] = path
    return dict(sorted(found.items(), reverse=True))


def overtaken(found: Collection[int], before: Collection[int], served: Collection[int]) -> tuple[int, int] | None:
    """Return a version that has just been published but is not served, and the larger one that keeps it out.

    A publisher expects that what is new is served. That it is not may be due to a folder whose name is a mistake.

    Args:
        found: The versions that exist.
        before: Those that existed at the last look; empty at the first one.
        served: Those that the policy chooses.
    """
    largest = max(served, default=0)
    new = [number for number in found if number not in before and number not in served and number < largest]
    if not new:
        return None
    # At the first look all are new, and a folder usually holds older versions too. Version numbers are counters or
    # times, so one that is a million times the next is neither.
    if not before and max(new) * _IMPLAUSIBLE_FACTOR > largest:
        return None
    return max(new), largest


def fingerprint(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Return the name, size and modification time of each file of a version: if they differ, the content may differ.

    The result is empty for a folder that cannot be read, and covers the first `MAX_FILES` files only.
    """
    try:
        found = {path: path.stat() for path in itertools.islice(folder.rglob("*"), MAX_FILES)}
    except OSError:
        return frozenset()
    return frozenset((str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns) for path, stat in found.items())
