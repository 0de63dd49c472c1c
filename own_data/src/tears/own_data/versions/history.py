"""Read `history.jsonl` in a model's folder, which has a line for each installation and rollback."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.own_data.errors import HistoryError

HISTORY_FILE: Final = "history.jsonl"


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """A line of the history.

    Attributes:
        at: ISO time with its zone.
        action: `install` or `rollback`.
        source: The folder that was installed; for a rollback, where the version is now.
        sha256: The digest of its model.tflite.
        figures: The figures of its verdict, by name.
        is_forced: Whether it was installed although it was not known to be better.
        why: What was known about it.
    """

    at: str
    action: str
    version: int
    source: str
    sha256: str
    figures: Mapping[str, float | None]
    is_forced: bool
    why: str


def read_history(base_path: Path) -> list[HistoryEntry]:
    """Return all entries, the oldest first; none if there is no history yet.

    Raises:
        HistoryError: The file is not a history.
    """
    path = base_path / HISTORY_FILE
    try:
        return [HistoryEntry(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, ValueError, TypeError) as error:
        raise HistoryError(f"{path} is not a history of versions: {error}; move it away") from error


def installed_in(base_path: Path) -> set[int]:
    """Return the numbers of the versions that the parent has installed; raises as `read_history` does."""
    return {entry.version for entry in read_history(base_path) if entry.action == "install"}
