"""Write down what was done to a model's folder; `tears.own_data.versions.history` defines the lines."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path

from tears.cli.errors import InputError, refusing_disk
from tears.cli.models.model_folder import retire, tflite_of
from tears.kit.files import write_whole
from tears.own_data.errors import HistoryError
from tears.own_data.scoring.verdict import sha256_of
from tears.own_data.versions import history
from tears.own_data.versions.history import HISTORY_FILE, HistoryEntry

# Enough for years; older lines are dropped.
MOST_HISTORY_LINES = 200


def read_history(base_path: Path) -> list[HistoryEntry]:
    """Return all entries, the oldest first; empty where nothing was ever done.

    Raises:
        InputError: The file is not a history.
    """
    try:
        return history.read_history(base_path)
    except HistoryError as error:
        raise InputError(str(error)) from error


def add_entry(base_path: Path, new: HistoryEntry) -> None:
    """Add an entry at the end.

    Raises:
        InputError: The disk does not take it, or the file is not a history.
    """
    lines = [json.dumps(asdict(entry)) for entry in (*read_history(base_path), new)][-MOST_HISTORY_LINES:]
    with refusing_disk():
        write_whole(base_path / HISTORY_FILE, "".join(f"{line}\n" for line in lines).encode())


def take_back(base_path: Path, number: int, folder: Path, why: str) -> Path:
    """Retire a version and write that down; return where it is now.

    Raises:
        InputError: The disk does not take it.
    """
    tflite = tflite_of(folder)
    digest = sha256_of(tflite) if tflite.is_file() else ""
    kept = retire(folder)
    entry = HistoryEntry(
        at=iso_now(),
        action="rollback",
        version=number,
        source=str(kept),
        sha256=digest,
        figures={},
        is_forced=False,
        why=why,
    )
    add_entry(base_path, entry)
    return kept


def iso_now() -> str:
    """Return the time now, in UTC, as ISO 8601 with seconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
