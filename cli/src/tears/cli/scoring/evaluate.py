"""`tears evaluate`: score the clips of a manifest with the pipeline's own gain and the model server."""

import csv
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
from rich.progress import track

from tears.cli.console import make_console
from tears.cli.errors import InputError, refusing_disk
from tears.cli.options import EXISTING_FILE, decibels, gain_option
from tears.cli.pipeline.model_server import cry_label
from tears.cli.scoring.clip_windows import clip_windows
from tears.cli.scoring.served_scorer import ModelChoice, model_options, open_scorer
from tears.kit.files import write_whole
from tears.own_data.scoring.figures import auc, best_f1, recall_at_fpr

WORKERS = 2


@click.command("evaluate")
@click.option(
    "--manifest",
    required=True,
    type=EXISTING_FILE,
    help="A CSV file with a row for each clip and the columns path, label and split.",
)
@click.option("--split", help="Use only the rows with this value in the column split.")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write the scores to, a line of JSON for each clip.",
)
@model_options
@gain_option
def command(manifest: Path, split: str | None, out: Path, choice: ModelChoice, gain_db: str) -> None:
    """Score a manifest's clips, and measure how well the scores tell cries apart. The gain is the pipeline's own."""
    console = make_console()
    crying = cry_label()
    rows = list(read_manifest(manifest, split))
    if not rows:
        raise InputError(f"{manifest} has no rows" + (f" of the split {split}" if split else ""))
    with open_scorer(choice) as score, ThreadPoolExecutor(WORKERS) as workers:

        def cry_score(row: Mapping[str, str]) -> float:
            _, window = next(clip_windows(manifest.parent / row["path"], decibels(gain_db)))
            value = score(window).value_of(crying)
            if value is None:
                raise InputError(
                    f"model {choice.model} has no label {crying}; set TEARS_ALERTER_CRY_LABEL to one it has"
                )
            return value

        found = track(workers.map(cry_score, rows), "scoring", len(rows), console=console, transient=True)
        scores = np.array(list(found))
    lines = (
        json.dumps({"path": row["path"], "label": row["label"], "cry_score": round(float(score), 6)})
        for row, score in zip(rows, scores, strict=True)
    )
    with refusing_disk():
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, "".join(line + "\n" for line in lines).encode())
    is_cry = np.array([row["label"] == crying for row in rows])
    console.print(f"{len(rows)} clips, {int(is_cry.sum())} {crying}; scores in {out}")
    if is_cry.all() or not is_cry.any():
        console.print("all clips are of one class: there is nothing to separate")
        return
    console.print(f"AUC {auc(scores, is_cry):.4f}")
    console.print(f"best F1 {best_f1(scores, is_cry):.4f}")
    for rate in (0.01, 0.05):
        console.print(f"recall at {rate:.0%} false positives {recall_at_fpr(scores, is_cry, rate):.4f}")


def read_manifest(manifest: Path, split: str | None) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a manifest, which has the columns path and label, and split if one is wanted.

    Raises:
        InputError: The file cannot be read, or a column is missing.
    """
    wanted = {"path", "label"} | ({"split"} if split else set())
    try:
        with manifest.open(newline="") as file:
            reader = csv.DictReader(file)
            if missing := wanted - set(reader.fieldnames or ()):
                raise InputError(f"{manifest} lacks the column {', '.join(sorted(missing))}")
            for row in reader:
                if split is None or row["split"] == split:
                    yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{manifest} cannot be read as CSV: {error}") from error
