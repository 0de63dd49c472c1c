"""Version folders: which of a base folder's entries are versions of the model, and what state a version can be in."""

from __future__ import annotations

import enum
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.tfserving.v1.status_pb2 import StatusProto

_INTEGER: Final = re.compile(r"[0-9]+")
_MAX_VERSION: Final = 2**63 - 1  # the wire's int64
MAX_FILES: Final = 10_000


class State(enum.IntEnum):
    """The life of a version, by TF Serving's numbers."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """What GetModelStatus tells of one version.

    Attributes:
        message: why an ended version could not be loaded.
        lack: why an available one cannot be run; GetModelStatus has no place for it.
    """

    number: int
    state: State
    code: StatusProto.Code = StatusProto.OK
    message: str = ""
    lack: str = ""


def version_number(name: str) -> int | None:
    """The version that a folder's name means: `7` and `0007` are 7, and `tmp`, `-1`, `1.5` or `+7` are none."""
    if not _INTEGER.fullmatch(name):
        return None
    number = int(name)
    return number if number <= _MAX_VERSION else None


def find_versions(base_path: Path) -> dict[int, Path]:
    """The version folders in `base_path`, the newest first.

    Where two names mean one version, the shorter name is taken.

    Raises:
        OSError: The base folder is not there or cannot be read.
    """
    found: dict[int, Path] = {}
    for path in sorted(base_path.iterdir(), key=lambda path: len(path.name)):
        number = version_number(path.name)
        if number is not None and path.is_dir():
            found.setdefault(number, path)
    return dict(sorted(found.items(), reverse=True))


def fingerprint(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Name, size and time of change of each file of a version: when it differs, the content may.

    A folder that cannot be read has an empty one; of very many files the first are looked at.
    """
    found = set()
    try:
        for path in itertools.islice(folder.rglob("*"), MAX_FILES):
            stat = path.stat()
            found.add((str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns))
    except OSError:
        return frozenset()
    return frozenset(found)
