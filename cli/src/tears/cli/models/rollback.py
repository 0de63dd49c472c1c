"""`tears model rollback`: take the newest versions out of place, so that an older one is served again."""

from __future__ import annotations

import click
from rich.console import Console

from tears.cli.errors import InputError
from tears.cli.models.folder_options import ModelFolder, model_folder_options
from tears.cli.models.model_folder import RETIRED, locked, versions_in
from tears.cli.models.model_history import take_back
from tears.cli.models.serving_wait import wait_for_version


@click.command("rollback")
@click.option("--to", type=click.IntRange(1), help="The version to go back to.  [default: the one before the newest]")
@model_folder_options
def command(*, to: int | None, models: ModelFolder) -> None:
    """Take the newest version out of place, so that the one before is served."""
    roll_back(models, to, Console())


def roll_back(models: ModelFolder, to: int | None, console: Console) -> None:
    """Take the newest version, or all that are newer than `to`, out of the served folder.

    Raises:
        InputError: There is no version to go back to, or the disk does not take the change.
        NotServedError: The server does not serve the older one.
    """
    base_path = models.path
    with locked(base_path):
        versions = versions_in(base_path)
        numbers = list(versions)
        target = to if to is not None else (numbers[1] if len(numbers) > 1 else None)
        if target is None:
            only = f"only version {numbers[0]}" if numbers else "no versions"
            raise InputError(f"{base_path} has {only}: there is nothing to go back to")
        if target not in versions:
            listed = ", ".join(map(str, numbers))
            raise InputError(
                f"there is no version {target} in {base_path}, only {listed}; those in {RETIRED}/ were taken back: "
                "tears model install puts one in again"
            )
        newer = [number for number in numbers if number > target]
        if not newer:
            raise InputError(f"version {target} is the newest in {base_path} already")
        for number in newer:
            kept = take_back(base_path, number, versions[number], f"back to {target}")
            console.print(f"version {number} is in {kept} now", soft_wrap=True, markup=False)
    if models.server:
        wait_for_version(models.server, target, models.wait_seconds)
    console.print(f"version {target} is the newest in {base_path}", soft_wrap=True, markup=False)
