"""`tears model list`: print the versions in place, and where each came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tears.cli.models.comparison import verdict_of
from tears.cli.models.folder_options import ModelFolder, models_option
from tears.cli.models.model_folder import versions_in
from tears.cli.models.model_history import read_history
from tears.own_data.scoring.verdict import figures_of
from tears.own_data.versions.history import HistoryEntry

LISTED_FIGURES = (("accuracy", "accuracy"), ("auc", "AUC"), ("heard", "heard"), ("false_alarms", "false alarms"))


@dataclass(frozen=True)
class ListedVersion:
    """A version in the list."""

    version: int
    since: str | None
    source: str
    forced: bool
    figures: Mapping[str, float | None]


@click.command("list")
@models_option
@click.option("--json", "as_json", is_flag=True, help="Print the versions as JSON.")
def command(*, models: Path | None, as_json: bool) -> None:
    """List the versions: since when, where from, and their figures."""
    print_versions(ModelFolder(base_path=models), Console(), as_json=as_json)


def print_versions(models: ModelFolder, console: Console, *, as_json: bool) -> None:
    """Print the versions, the newest first.

    Raises:
        InputError: The folder cannot be read.
    """
    base_path = models.path
    installed = {entry.version: entry for entry in read_history(base_path) if entry.action == "install"}
    versions = [_listed(number, path, installed.get(number)) for number, path in versions_in(base_path).items()]
    if as_json:
        console.print_json(json.dumps({"models": str(base_path), "versions": [asdict(one) for one in versions]}))
        return
    table = Table("version", "since", *(title for _, title in LISTED_FIGURES))
    table.add_column("from", overflow="fold")
    for at, one in enumerate(versions):
        figures = [one.figures.get(name) for name, _ in LISTED_FIGURES]
        table.add_row(
            f"{one.version} (newest)" if at == 0 else str(one.version),
            (one.since or "")[:10],
            *("" if value is None else f"{value:.3f}" for value in figures),
            escape(f"{one.source} (forced)" if one.forced else one.source),
        )
    console.print(table)


def _listed(number: int, folder: Path, entry: HistoryEntry | None) -> ListedVersion:
    if entry is not None:
        return ListedVersion(number, entry.at, entry.source, entry.is_forced, entry.figures)
    verdict = verdict_of(folder)
    return ListedVersion(number, None, "shipped", forced=False, figures=figures_of(verdict.new) if verdict else {})
