"""What was done to a model's folder: `history.jsonl` in it, a line for each installation and rollback."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.own_data.errors import HistoryError

FILE: Final = "history.jsonl"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the history.

    Attributes:
        at: ISO time with its zone.
        action: `install` or `rollback`.
        version: The number that came or went.
        source: The folder that was installed; of a rollback, where the version lies now.
        sha256: Of its model.tflite.
        figures: Of its verdict, by name.
        is_forced: It was installed although it was not better, or nobody knew.
        why: What was known of it.
    """

    at: str
    action: str
    version: int
    source: str
    sha256: str
    figures: Mapping[str, float | None]
    is_forced: bool
    why: str


def read_history(base_path: Path) -> list[Entry]:
    """All entries, the oldest first; none where nothing was ever done.

    Raises:
        HistoryError: The file is no history.
    """
    path = base_path / FILE
    try:
        return [Entry(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, ValueError, TypeError) as error:
        raise HistoryError(f"{path} is no history of versions: {error}; move it away") from error


def installed_in(base_path: Path) -> set[int]:
    """The numbers of the versions that did not come with the folder; none is taken twice.

    Raises:
        HistoryError: The file is no history.
    """
    return {entry.version for entry in read_history(base_path) if entry.action == "install"}
