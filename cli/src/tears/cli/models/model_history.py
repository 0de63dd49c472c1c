"""Writes down what was done to a model's folder; `tears.own_data.versions.history` is what is written."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from tears.cli.errors import InputError
from tears.cli.own_data.drafts import Drafts
from tears.own_data.errors import HistoryError
from tears.own_data.versions import history
from tears.own_data.versions.history import FILE, Entry

# Enough for years; older lines go.
MOST_LINES = 200


def read_history(base_path: Path) -> list[Entry]:
    """All entries, the oldest first; none where nothing was ever done.

    Raises:
        InputError: the file is no history.
    """
    try:
        return history.read_history(base_path)
    except HistoryError as error:
        raise InputError(str(error)) from error


def add_entry(base_path: Path, new: Entry) -> None:
    """Adds one at the end.

    Raises:
        InputError: the disk does not take it, or the file is no history.
    """
    lines = [json.dumps(asdict(entry)) for entry in (*read_history(base_path), new)][-MOST_LINES:]
    with Drafts() as drafts:
        drafts.add(base_path / FILE, "".join(f"{line}\n" for line in lines).encode())
