"""Which model a command asks, and the options that choose it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from tears.cli.house.model_server import SHIPPED_MODEL_NAME


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """Which model to ask.

    Attributes:
        server: HOST:PORT or unix:PATH; None starts a server of our own with the shipped model.
        model: The model's name there.
        version: None for the newest.
        label: A version label; empty for none.
    """

    server: str | None = None
    model: str = SHIPPED_MODEL_NAME
    version: int | None = None
    label: str = ""


def model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose a model; the command gets them as `choice`."""

    @functools.wraps(command)
    def with_choice(*, server: str | None, model: str, version: int | None, label: str, **others: Any) -> None:
        command(choice=ModelChoice(server=server, model=model, version=version, label=label), **others)

    for option in (
        click.option("--server", help="HOST:PORT of a model server; without it, one is started for the shipped model."),
        click.option("--model", default=SHIPPED_MODEL_NAME, show_default=True, help="The model's name on the server."),
        click.option("--version", type=click.IntRange(min=1), help="Its version; without it, the newest."),
        click.option("--label", default="", help="Its version label, instead of a version."),
    ):
        with_choice = option(with_choice)
    return with_choice
