"""Write down what was done to a model's folder; `tears.own_data.versions.history` defines the lines."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tears.cli.errors import refusing_disk
from tears.cli.models.model_folder import retire
from tears.kit.files import write_whole
from tears.own_data.scoring.verdict import sha256_of
from tears.own_data.versions.history import HISTORY_FILE, HistoryEntry, read_history
from tears.own_data.versions.version_files import TFLITE_FILE

# Enough for years; older lines are dropped.
MOST_HISTORY_LINES = 200


def add_entry(base_path: Path, **facts: Any) -> None:
    """Add an entry with these fields at the end; it gets the time now.

    Raises:
        InputError: The file cannot be written.
        HistoryError: The file is not a history.
    """
    new = HistoryEntry(at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **facts)
    lines = [json.dumps(asdict(entry)) for entry in (*read_history(base_path), new)][-MOST_HISTORY_LINES:]
    with refusing_disk():
        write_whole(base_path / HISTORY_FILE, "".join(f"{line}\n" for line in lines).encode())


def take_back(base_path: Path, number: int, folder: Path, why: str) -> Path:
    """Retire a version and write that down; return where it is now. Raises as `retire` and `add_entry` do."""
    tflite = folder / TFLITE_FILE
    digest = sha256_of(tflite) if tflite.is_file() else ""
    kept = retire(folder)
    facts = {"version": number, "source": str(kept), "sha256": digest, "figures": {}, "is_forced": False, "why": why}
    add_entry(base_path, action="rollback", **facts)
    return kept
