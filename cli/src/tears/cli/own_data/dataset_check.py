"""`tears dataset check`: looks a folder of clips over, and says whether it is fit to train on."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from tears.cli.errors import InputError
from tears.cli.own_data.slice import LIST_NAME
from tears.own_data.clips.splits import Split
from tears.own_data.dataset.dataset_check import Report, check_dataset
from tears.own_data.dataset.dataset_findings import Finding, Shares
from tears.own_data.errors import OwnDataError

# So many files of a finding are named in the table; in JSON all are.
NAMED_CLIPS = 3


def check(folder: Path, shares: Shares, allowed: Collection[str], console: Console, *, as_json: bool) -> bool:
    """Prints what was found.

    Returns:
        Whether the folder is fit.

    Raises:
        InputError: there is nothing to check.
    """

    def progress(paths: Sequence[Path]) -> Iterable[Path]:
        return track(paths, "listening", console=console, transient=True, disable=as_json)

    try:
        report = check_dataset(folder, shares, allowed, _gain_clipped(folder), progress)
    except OwnDataError as error:
        raise InputError(str(error)) from error
    if as_json:
        console.print_json(json.dumps(_record(report)))
    else:
        _print(report, console)
    return report.is_fit


def _gain_clipped(folder: Path) -> dict[str, float]:
    """What `tears slice` wrote down of the gain's clipping; nothing where it did not cut the clips."""
    try:
        with (folder / LIST_NAME).open(newline="", encoding="utf-8") as file:
            return {row["path"]: float(row["clipped_share"]) for row in csv.DictReader(file)}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / LIST_NAME} is no list of slices: {error!r}; move it away") from error


def _print(report: Report, console: Console) -> None:
    table = Table("label", "clips", "min", "from", *(str(split)[:5] for split in Split), "level", "clipped")
    for label, one in report.labels.items():
        level = "" if math.isnan(one.level_dbfs) else f"{one.level_dbfs:.0f} dBFS"
        splits = [str(one.by_split[split]) for split in Split]
        table.add_row(
            escape(label),
            str(one.clips),
            f"{one.minutes:.1f}",
            str(one.recordings),
            *splits,
            level,
            str(one.clipped_clips),
        )
    console.print(table)
    if report.findings:
        found = Table("", "what", show_lines=True)
        found.add_column("found", overflow="fold")
        for finding in sorted(report.findings, key=lambda one: not one.is_fault):
            mark = "[red]fault[/red]" if finding.is_fault else "[yellow]note[/yellow]"
            found.add_row(mark, finding.kind, escape(_described(finding)))
        console.print(found)
    faults = sum(one.is_fault for one in report.findings)
    if faults:
        console.print(f"[red]not fit to train on[/red]: {faults} to mend")
    else:
        console.print("[green]fit to train on[/green]")


def _described(finding: Finding) -> str:
    unnamed = [name for name in finding.clips if name not in finding.message]
    if not unnamed:
        return finding.message
    more = len(unnamed) - NAMED_CLIPS
    return "\n".join([finding.message, *unnamed[:NAMED_CLIPS], *([f"and {more} more"] if more > 0 else [])])


def _record(report: Report) -> dict[str, object]:
    return {
        "folder": str(report.folder),
        "fit": report.is_fit,
        "labels": {
            label: {
                "clips": one.clips,
                "minutes": round(one.minutes, 2),
                "recordings": one.recordings,
                "splits": {str(split): count for split, count in one.by_split.items()},
                "level_dbfs": None if math.isnan(one.level_dbfs) else round(one.level_dbfs, 1),
                "clipped_clips": one.clipped_clips,
            }
            for label, one in report.labels.items()
        },
        "findings": [
            {
                "kind": one.kind,
                "severity": "fault" if one.is_fault else "warning",
                "message": one.message,
                "clips": list(one.clips),
            }
            for one in report.findings
        ],
    }
