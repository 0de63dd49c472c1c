"""`tears model install`: put a version into place, if it is better than the one that is served."""

from pathlib import Path

import click

from tears.cli.console import make_console
from tears.cli.errors import CliError
from tears.cli.models.comparison import compare
from tears.cli.models.model_check import check_model
from tears.cli.models.own_folder import folder_to_install_into
from tears.cli.models.serving_wait import NotServedError, wait_for_version
from tears.cli.options import model_change_options
from tears.cli.pipeline.model_server import cry_label
from tears.own_data.errors import HistoryError, ModelFolderError
from tears.own_data.scoring.verdict import figures_of, read_verdict
from tears.own_data.teaching.taught_version import read_lesson_note
from tears.own_data.versions.history import read_history
from tears.own_data.versions.model_folder import add_entry, add_version, locked, retire, take_back, versions_in
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_files import TFLITE_FILE


class NotBetterError(CliError):
    """Raised when a version is not known to be better than the one that is served."""


@click.command("install")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Install it even if it is not better, or if that is not known.")
@model_change_options
def command(*, folder: Path, force: bool, models: Path | None, server: str | None, wait: float) -> None:
    """Put a version into place: ./tears model install training/export/1.

    It becomes the next version of the folder that model servers watch, whole or not at all, if its verdict says that it
    is better on recordings that were held out than the version that is served.
    """
    console = make_console()
    labels, size_bytes = check_model(folder, cry_label())
    base_path = models or folder_to_install_into()
    verdict, lesson = read_verdict(folder), read_lesson_note(folder)
    with locked(base_path):
        versions, history = versions_in(base_path), read_history(base_path)
        why, is_known = compare(verdict, versions, lesson)
        if not is_known and not force:
            raise NotBetterError(f"{folder} was not installed: {why}; --force installs it all the same")
        number = max([*versions, *(entry.version for entry in history)], default=0) + 1
        digest = sha256_of(folder / TFLITE_FILE)
        target = add_version(folder, base_path, number)
        try:
            add_entry(
                base_path,
                action="install",
                version=number,
                source=str(folder.resolve()),
                sha256=digest,
                figures=figures_of(verdict.new) if verdict else lesson.figures if lesson else {},
                is_forced=not is_known,
                why=why,
            )
        except (ModelFolderError, HistoryError):
            retire(target)
            raise
        if server:
            try:
                wait_for_version(server, number, wait)
            except NotServedError as error:
                take_back(base_path, number, target, f"not served: {error}")
                raise
            except KeyboardInterrupt:
                take_back(base_path, number, target, "interrupted before the server had it")
                said = f"version {number} was taken back: {server} was not seen to serve it"
                console.print(said, soft_wrap=True, markup=False)
                raise
    said = f"version {number} is in {base_path} ({', '.join(labels)}; {size_bytes / 1e6:.1f} MB): {why}"
    console.print(said, soft_wrap=True, markup=False)
    console.print("./tears model rollback takes it back")
