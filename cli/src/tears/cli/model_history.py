"""What was done to a model's folder: `history.jsonl` in it, a line for each installation and rollback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tears.cli.drafts import Drafts
from tears.cli.errors import InputError

FILE = "history.jsonl"
# Enough for years; older lines go.
MOST_LINES = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the history.

    Attributes:
        at: ISO time with its zone.
        action: `install` or `rollback`.
        version: the number that came or went.
        source: the folder that was installed; of a rollback, where the version lies now.
        sha256: of its model.tflite.
        figures: of its verdict, by name.
        is_forced: it was installed although it was not better, or nobody knew.
        why: what was known of it.
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
        InputError: the file is no history.
    """
    path = base_path / FILE
    try:
        return [Entry(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, ValueError, TypeError) as error:
        raise InputError(f"{path} is no history of versions: {error}; move it away") from error


def add_entry(base_path: Path, new: Entry) -> None:
    """Adds one at the end.

    Raises:
        InputError: the disk does not take it, or the file is no history.
    """
    lines = [json.dumps(asdict(entry)) for entry in (*read_history(base_path), new)][-MOST_LINES:]
    with Drafts() as drafts:
        drafts.add(base_path / FILE, "".join(f"{line}\n" for line in lines).encode())
