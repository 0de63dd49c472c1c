"""`tears evaluate`: scores the clips of a manifest with the pipeline's own gain and the model server."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from tears.cli.errors import InputError
from tears.cli.house.shipped_model import cry_label
from tears.cli.scoring.clip_windows import clip_windows
from tears.cli.scoring.served_scorer import ModelChoice, Scorer, open_scorer
from tears.own_data.scoring.figures import auc, best_f1, recall_at_fpr

WORKERS = 2


@dataclass(frozen=True)
class ManifestRow:
    """A clip and what it holds."""

    path: str
    label: str


def evaluate(
    manifest: Path, split: str | None, out: Path, choice: ModelChoice, gain_db: float | None, console: Console
) -> None:
    """Writes `{"path", "label", "cry_score"}` lines to `out` and prints how well the scores separate.

    Raises:
        InputError: the manifest or a clip cannot be used.
        CliError: the model did not answer.
    """
    label = cry_label()
    rows = list(read_manifest(manifest, split))
    if not rows:
        raise InputError(f"{manifest} has no rows" + (f" of the split {split}" if split else ""))
    with open_scorer(choice) as scorer, ThreadPoolExecutor(WORKERS) as workers:

        def score(row: ManifestRow) -> float:
            return _cry_score(scorer, manifest.parent / row.path, gain_db, label)

        found = track(workers.map(score, rows), "scoring", len(rows), console=console, transient=True)
        scores = np.array(list(found))
    lines = (
        json.dumps({"path": row.path, "label": row.label, "cry_score": round(float(score), 6)})
        for row, score in zip(rows, scores, strict=True)
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(out.name + ".part")
    draft.write_text("".join(line + "\n" for line in lines))
    draft.replace(out)
    is_cry = np.array([row.label == label for row in rows])
    console.print(f"{len(rows)} clips, {int(is_cry.sum())} {label}; scores in {out}")
    if is_cry.all() or not is_cry.any():
        console.print("one class only: nothing to tell apart")
        return
    console.print(f"AUC {auc(scores, is_cry):.4f}")
    console.print(f"best F1 {best_f1(scores, is_cry):.4f}")
    for rate in (0.01, 0.05):
        console.print(f"recall at {rate:.0%} false positives {recall_at_fpr(scores, is_cry, rate):.4f}")


def read_manifest(manifest: Path, split: str | None) -> Iterator[ManifestRow]:
    """The rows of a manifest with the columns path, label and, for `split`, split.

    Raises:
        InputError: no such file, or a column is missing.
    """
    wanted = {"path", "label"} | ({"split"} if split else set())
    try:
        with manifest.open(newline="") as file:
            reader = csv.DictReader(file)
            if missing := wanted - set(reader.fieldnames or ()):
                raise InputError(f"{manifest} lacks the column {', '.join(sorted(missing))}")
            for row in reader:
                if split is None or row["split"] == split:
                    yield ManifestRow(row["path"], row["label"])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{manifest} is no CSV that can be read: {error}") from error


def _cry_score(scorer: Scorer, path: Path, gain_db: float | None, label: str) -> float:
    first = next(clip_windows(path, gain_db))
    value = scorer.score(first.window).value_of(label)
    if value is None:
        raise InputError(f"model {scorer.choice.model} has no label {label}; set TEARS_ALERTER_CRY_LABEL to one it has")
    return value
