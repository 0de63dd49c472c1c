"""Write the files by which a model server finds out that a version's files are damaged."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

# In the form of `sha256sum`, so that `sha256sum --check SHA256SUMS` works too.
SUMS_FILE: Final = "SHA256SUMS"
EXPECTED_SCORES_FILE: Final = "expected_scores.json"
# What is written about a model, and may be written again without a change of the model.
UNCHECKED_FILES: Final = (SUMS_FILE, "MODEL_CARD.md", "figures.json")


def write_expected_scores(folder: Path, scores: Sequence[Mapping[str, float]]) -> None:
    """Write what a version answers to each of its warm-up requests, by the names of the outputs; raises OSError."""
    lines = [json.dumps({label: round(score, 6) for label, score in each.items()}) for each in scores]
    (folder / EXPECTED_SCORES_FILE).write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def write_checksums(folder: Path) -> None:
    """Write the digest of each file that is in a version's folder now, except for card and figures; raises OSError.

    Call it after the last change to the model. Files that are added later are not covered.
    """
    unchecked = {folder / name for name in UNCHECKED_FILES}
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path not in unchecked)
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    (folder / SUMS_FILE).write_text("".join(lines), encoding="utf-8")


def sha256_of(path: Path) -> str:
    """Return a file's digest; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
