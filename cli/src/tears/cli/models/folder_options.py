"""The options of `tears model`: which folder of versions, and which server has to follow a change."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tears.cli.house.model_server import model_base_path


@dataclass(frozen=True, kw_only=True)
class ModelFolder:
    """A folder of versions, and the server that watches it.

    Attributes:
        base_path: The folder of the versions; None for the one that `tears up` takes its model from.
        server: HOST:PORT of a model server that must follow a change; None asks no server.
        wait_seconds: The longest time to wait for it.
    """

    base_path: Path | None
    server: str | None = None
    wait_seconds: float = 60.0

    @property
    def path(self) -> Path:
        """The folder of the versions.

        Raises:
            StartError: There is no shipped model.
        """
        return self.base_path if self.base_path is not None else model_base_path()


def models_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--models`; the command gets the path, or None."""
    return click.option(
        "--models",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the versions.  [default: TEARS_MODEL_DIR, else the shipped one]",
    )(command)


def model_folder_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that changes the versions; the command gets them as `models`."""

    @functools.wraps(command)
    def with_folder(*, models: Path | None, server: str | None, wait: float, **others: Any) -> None:
        command(models=ModelFolder(base_path=models, server=server, wait_seconds=wait), **others)

    decorated: Callable[..., None] = with_folder
    for option in (
        click.option(
            "--wait", type=click.FloatRange(0), default=60, show_default=True, help="At most this many seconds."
        ),
        click.option("--server", metavar="HOST:PORT", help="Wait until this model server has followed the change."),
        models_option,
    ):
        decorated = option(decorated)
    return decorated
