"""`tears evaluate`: score the clips of a manifest with the pipeline's own gain and the model server."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from tears.cli.console import make_console
from tears.cli.errors import InputError
from tears.cli.options import EXISTING_FILE, decibels, gain_option
from tears.cli.output_files import check_outputs, replace_option, write_outputs
from tears.cli.pipeline.model_server import cry_label
from tears.cli.scoring.clip_windows import clip_windows
from tears.cli.scoring.served_scorer import ModelChoice, model_options, open_scorer
from tears.own_data.scoring.figures import auc, best_f1, recall_at_fpr
from tears.own_data.tables import read_table

WORKERS = 2
_SAVE_AS_UTF8 = "; it is not UTF-8: save it as UTF-8, if the names of the files are"


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
@replace_option
@model_options
@gain_option
def command(
    manifest: Path, split: str | None, out: Path, choice: ModelChoice, gain_db: str, *, is_replacing: bool
) -> None:
    """Score a manifest's clips, and measure how well the scores tell cries apart. The gain is the pipeline's own."""
    console = make_console()
    crying = cry_label()
    rows = list(read_manifest(manifest, split))
    if not rows:
        raise InputError(f"{manifest} has no rows" + (f" of the split {split}" if split else ""))
    check_outputs([out], is_replacing=is_replacing)
    _require_clips(manifest, rows)
    faults: list[tuple[Path, str]] = []
    with open_scorer(choice) as score, ThreadPoolExecutor(WORKERS) as workers:

        def cry_score(row: Mapping[str, str]) -> float:
            path = manifest.parent / row["path"]
            with contextlib.closing(
                clip_windows(path, decibels(gain_db), lambda fault: faults.append((path, fault)))
            ) as windows:
                _, window = next(windows)
            value = score(window).value_of(crying)
            if value is None:
                raise InputError(
                    f"model {choice.model} has no label {crying}; set TEARS_ALERTER_CRY_LABEL to one it has"
                )
            return value

        # Not on standard output, which may be a file on a full disk.
        bar = Console(stderr=True)
        scoring = workers.map(cry_score, rows)
        found = track(scoring, "scoring", len(rows), console=bar, transient=True, disable=not bar.is_terminal)
        scores = np.array(list(found))
    lines = (
        json.dumps({"path": row["path"], "label": row["label"], "cry_score": round(float(score), 6)})
        for row, score in zip(rows, scores, strict=True)
    )
    content = "".join(line + "\n" for line in lines).encode()
    try:
        write_outputs({out: lambda: [content]})
    finally:
        # The figures are there if the disk does not take the scores, and they are if it does not take the figures.
        for path, fault in sorted(faults):
            console.print(f"{path} {fault}; what is there was scored", style="yellow", markup=False, soft_wrap=True)
        _print_figures(rows, scores, crying, console)
    console.print(f"scores in {out}", markup=False, soft_wrap=True)


def _print_figures(
    rows: Sequence[Mapping[str, str]], scores: npt.NDArray[np.float64], crying: str, console: Console
) -> None:
    is_cry = np.array([row["label"] == crying for row in rows])
    console.print(f"{len(rows)} clips, {int(is_cry.sum())} {crying}", markup=False)
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
        FileNotFoundError: There is no such file.
        TableError: It cannot be read, a column is missing, or a row lacks a path or label.
    """
    wanted = ["path", "label", *(["split"] if split else [])]
    # A list that a program made holds the names of files as they are.
    for row in read_table(manifest, wanted, keeps_bytes=True):
        if split is None or row["split"] == split:
            yield row


def _require_clips(manifest: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Refuse a manifest that names clips which are not there: better now than after hours."""
    missing = [row["path"] for row in rows if not (manifest.parent / row["path"]).is_file()]
    if missing:
        more = f", nor are {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(
            f"{manifest.parent / missing[0]} cannot be read as a clip: it is not there{more}; paths in {manifest.name} "
            f"begin at its own folder{'' if missing[0].isprintable() else _SAVE_AS_UTF8}"
        )
