"""The user's own folder of versions, outside of the checkout: installed versions lie there, beside the shipped one."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import click

from tears.cli.errors import InputError
from tears.cli.pipeline.model_server import SHIPPED_MODEL_NAME, model_base_path, shipped_versions
from tears.kit.files import cannot_write, write_whole
from tears.kit.files.user_folders import user_models
from tears.own_data.errors import HistoryError, ModelFolderError
from tears.own_data.versions.history import read_history
from tears.own_data.versions.model_folder import add_version, locked, versions_in
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_files import GUARD_FILE, TFLITE_FILE, version_folders


def folder_to_install_into() -> Path:
    """Return where versions are installed if no option says so, with the shipped version in it.

    That is `$TEARS_MODEL_DIR`, or else the user's own folder, which is made.

    Raises:
        InputError: This user has no home, or the folder cannot be written.
        FolderBusyError: Another command is changing it.
        StartError: `$TEARS_MODEL_DIR` holds no model.
        HistoryError: The history of versions cannot be read.
    """
    if os.environ.get("TEARS_MODEL_DIR"):
        return model_base_path()
    own = user_models(SHIPPED_MODEL_NAME)
    if own is None:
        raise InputError("this user has no home to install models in; give --models, or set XDG_DATA_HOME")
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{cannot_write(error)}, or give --models") from error
    with locked(own):
        _add_shipped(own)
    return own


def folder_to_serve() -> Path:
    """Return the folder that a model server watches, so that a version which is installed later is served at once.

    If the user's own folder cannot be written, or its history cannot be read, it is the one that `model_base_path`
    returns; raises as that does. If the disk does not even let us look at the versions there, it is the shipped one,
    and a line says so.
    """
    try:
        try:
            return folder_to_install_into()
        except (InputError, ModelFolderError, HistoryError):
            return model_base_path()
    except OSError as error:
        own = user_models(SHIPPED_MODEL_NAME)
        words = (
            f"the models in {own} cannot be read ({error.strerror or error}), so the one that came with Tears is "
            "served; let this user read them, or move them away"
        )
        click.echo(words, err=True)
        return shipped_versions()


def _add_shipped(own: Path) -> None:
    """Copy the newest shipped version, unless it was copied before, or the user serves a version of their own.

    A copy that was made before the model had a guard set gets it, so that it can be taught.
    """
    shipped, have = version_folders(shipped_versions()), versions_in(own)
    history = read_history(own)
    installed = {entry.version for entry in history if entry.action == "install"}
    newest = next((path for path in shipped.values() if (path / TFLITE_FILE).is_file()), None)
    if newest is None:
        return
    _add_guard_set(newest, have.values())
    if installed & set(have):
        return
    known = {sha256_of(path / TFLITE_FILE) for path in have.values() if (path / TFLITE_FILE).is_file()}
    if sha256_of(newest / TFLITE_FILE) in known | {entry.sha256 for entry in history}:
        return
    used = [*have, *(entry.version for entry in history)]
    add_version(newest, own, max(used) + 1 if used else int(newest.name))


def _add_guard_set(shipped: Path, versions: Iterable[Path]) -> None:
    guard = shipped / GUARD_FILE
    if not guard.is_file():
        return
    digest = sha256_of(shipped / TFLITE_FILE)
    for version in versions:
        tflite = version / TFLITE_FILE
        if not (version / GUARD_FILE).exists() and tflite.is_file() and sha256_of(tflite) == digest:
            # A version that cannot be written is served all the same.
            with contextlib.suppress(OSError):
                write_whole(version / GUARD_FILE, guard.read_bytes())
