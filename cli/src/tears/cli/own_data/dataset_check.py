"""`tears dataset check`: check a folder of clips, and say whether it is fit to train on."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from tears.cli.console import make_console
from tears.cli.own_data.slice_list import gain_clipped_shares
from tears.own_data.clips.splits import Split
from tears.own_data.dataset.dataset_check import DatasetReport, check_dataset
from tears.own_data.dataset.finding import FINDING_KINDS, Finding, SplitShares

# The table names this many files of a finding; JSON names all.
NAMED_CLIPS = 3


@click.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="KIND",
    help="Accept this kind of fault, such as leakage; may be given more than once.",
)
@click.option(
    "--validation-percentage",
    type=click.FloatRange(0, 99),
    default=10,
    show_default=True,
    help="The percentage of the clips that the trainer holds out to choose a model by; give what it is given.",
)
@click.option(
    "--testing-percentage",
    type=click.FloatRange(0, 99),
    default=10,
    show_default=True,
    help="The percentage of the clips that the trainer holds out to test the model on; give what it is given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def command(
    *, folder: Path, allowed: tuple[str, ...], validation_percentage: float, testing_percentage: float, as_json: bool
) -> None:
    """Check a folder of clips; exits 0 only if it is fit to train on.

    FOLDER has a folder for each label. Checked are rates, channels, lengths, truncated files, silence, clipping; the
    same sound twice, at any level; recordings on both sides of the trainer's split; and balance.
    """
    for kind in allowed:
        if kind not in FINDING_KINDS:
            raise click.BadParameter(f"{kind!r} is not one of {', '.join(FINDING_KINDS)}", param_hint="--allow")
    shares = SplitShares(validation_percentage=validation_percentage, testing_percentage=testing_percentage)
    console = make_console()

    def progress(paths: Sequence[Path]) -> Iterable[Path]:
        return track(paths, "listening", console=console, transient=True, disable=as_json)

    report = check_dataset(folder, shares, allowed, gain_clipped_shares(folder), progress)
    if as_json:
        console.print_json(json.dumps(_record(report)))
    else:
        _print(report, console)
    if not report.is_fit:
        raise click.exceptions.Exit(1)


def _print(report: DatasetReport, console: Console) -> None:
    table = Table("label", "clips", "min", "from", *(str(split)[:5] for split in Split), "level", "clipped")
    for label, one in report.labels.items():
        level = "" if math.isnan(one.level_dbfs) else f"{one.level_dbfs:.0f} dBFS"
        counts = (str(one.recordings), *(str(one.by_split[split]) for split in Split))
        table.add_row(escape(label), str(one.clips), f"{one.minutes:.1f}", *counts, level, str(one.clipped_clips))
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
        console.print(f"[red]not fit to train on[/red]: {faults} to correct")
    else:
        console.print("[green]fit to train on[/green]")


def _described(finding: Finding) -> str:
    unnamed = [name for name in finding.clips if name not in finding.message]
    if not unnamed:
        return finding.message
    more = len(unnamed) - NAMED_CLIPS
    return "\n".join([finding.message, *unnamed[:NAMED_CLIPS], *([f"and {more} more"] if more > 0 else [])])


def _record(report: DatasetReport) -> dict[str, object]:
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
