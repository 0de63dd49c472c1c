"""`tears model install`: put a version into place, if it is better than the one that is served."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from tears.cli.errors import CliError, InputError
from tears.cli.house.model_server import cry_label
from tears.cli.models.comparison import compare, verdict_of
from tears.cli.models.folder_options import ModelFolder, model_folder_options
from tears.cli.models.model_check import check_model
from tears.cli.models.model_folder import add_version, locked, retire, tflite_of, versions_in
from tears.cli.models.model_history import add_entry, iso_now, read_history, take_back
from tears.cli.models.serving_wait import NotServedError, wait_for_version
from tears.own_data.scoring.verdict import figures_of, sha256_of
from tears.own_data.versions.history import HistoryEntry


class NotBetterError(CliError):
    """Raised when a version is not known to be better than the one that is served."""


@click.command("install")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Also if it is not better, or if that is not known.")
@model_folder_options
def command(*, folder: Path, force: bool, models: ModelFolder) -> None:
    """Put a version into place: tears model install training/export/1.

    It becomes the next version of the folder that model servers watch, whole or not at all, if its verdict says that it
    is better on recordings that were held out than the version that is served.
    """
    install_version(folder, models, Console(), force=force)


def install_version(folder: Path, models: ModelFolder, console: Console, *, force: bool) -> None:
    """Copy a version into the served folder as the next one, if it is better than what is served.

    Raises:
        NotBetterError: It is not better, or that is not known; nothing was changed.
        InputError: It cannot be used, or the disk does not take it.
        NotServedError: The server did not take it, so it was taken back.
        KeyboardInterrupt: Ctrl-C was pressed while the server was waited for, so it was taken back.
    """
    base_path = models.path
    model = check_model(folder, cry_label())
    verdict = verdict_of(folder)
    with locked(base_path):
        versions, history = versions_in(base_path), read_history(base_path)
        why, is_known = compare(verdict, versions)
        if not is_known and not force:
            raise NotBetterError(f"{folder} was not installed: {why}; --force installs it all the same")
        number = max([*versions, *(entry.version for entry in history)], default=0) + 1
        digest = sha256_of(tflite_of(folder))
        target = add_version(folder, base_path, number)
        entry = HistoryEntry(
            at=iso_now(),
            action="install",
            version=number,
            source=str(folder.resolve()),
            sha256=digest,
            figures=figures_of(verdict.new) if verdict else {},
            is_forced=not is_known,
            why=why,
        )
        try:
            add_entry(base_path, entry)
        except InputError:
            retire(target)
            raise
        if models.server:
            _wait_or_take_back(models.server, models.wait_seconds, base_path, number, target, console)
    size = model.size_bytes / 1e6
    console.print(
        f"version {number} is in {base_path} ({', '.join(model.labels)}; {size:.1f} MB): {why}",
        soft_wrap=True,
        markup=False,
    )
    console.print("tears model rollback takes it back")


def _wait_or_take_back(
    server: str, wait_seconds: float, base_path: Path, number: int, target: Path, console: Console
) -> None:
    try:
        wait_for_version(server, number, wait_seconds)
    except NotServedError as error:
        take_back(base_path, number, target, f"not served: {error}")
        raise
    except KeyboardInterrupt:
        take_back(base_path, number, target, "interrupted before the server had it")
        console.print(
            f"version {number} was taken back: {server} was not seen to serve it", soft_wrap=True, markup=False
        )
        raise
