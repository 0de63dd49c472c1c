"""`tears model list`: print the versions in place, and where each came from."""

import json
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from tears.cli.console import make_console
from tears.cli.models.own_folder import folder_to_serve
from tears.cli.options import models_option
from tears.own_data.scoring.verdict import figures_of, read_verdict
from tears.own_data.versions.history import HistoryEntry, read_history
from tears.own_data.versions.model_folder import versions_in

LISTED_FIGURES = {"accuracy": "accuracy", "auc": "AUC", "heard": "heard", "false_alarms": "false alarms"}


@click.command("list")
@models_option
@click.option("--json", "as_json", is_flag=True, help="Print the versions as JSON.")
def command(*, models: Path | None, as_json: bool) -> None:
    """List the versions: since when, where from, and their figures."""
    console = make_console()
    base_path = models or folder_to_serve()
    installed = {entry.version: entry for entry in read_history(base_path) if entry.action == "install"}
    versions = [_listed(number, path, installed.get(number)) for number, path in versions_in(base_path).items()]
    if as_json:
        console.print_json(json.dumps({"models": str(base_path), "versions": versions}))
        return
    table = Table("version", "since", *LISTED_FIGURES.values())
    table.add_column("from", overflow="fold")
    for at, one in enumerate(versions):
        figures = [one["figures"].get(name) for name in LISTED_FIGURES]
        table.add_row(
            f"{one['version']} (newest)" if at == 0 else str(one["version"]),
            (one["since"] or "")[:10],
            *("" if value is None else f"{value:.3f}" for value in figures),
            escape(f"{one['source']} (forced)" if one["forced"] else one["source"]),
        )
    console.print(table)


def _listed(number: int, folder: Path, entry: HistoryEntry | None) -> dict[str, Any]:
    """Return a version as the JSON list has it."""
    if entry is None:
        verdict = read_verdict(folder)
        since, source, is_forced, figures = None, "shipped", False, figures_of(verdict.new) if verdict else {}
    else:
        since, source, is_forced, figures = entry.at, entry.source, entry.is_forced, entry.figures
    return {"version": number, "since": since, "source": source, "forced": is_forced, "figures": figures}
