"""`tears model rollback`: take the newest versions out of place, so that an older one is served again."""

from pathlib import Path

import click

from tears.cli.console import make_console
from tears.cli.errors import InputError
from tears.cli.models.own_folder import folder_to_serve
from tears.cli.models.serving_wait import wait_for_version
from tears.cli.options import model_change_options
from tears.own_data.versions.model_folder import RETIRED, locked, take_back, versions_in


@click.command("rollback")
@click.option(
    "--to",
    type=click.IntRange(1),
    help="The number of the version to go back to.  [default: the one before the newest]",
)
@model_change_options
def command(*, to: int | None, models: Path | None, server: str | None, wait: float) -> None:
    """Take the newest version out of place, so that the one before is served."""
    console = make_console()
    base_path = models or folder_to_serve()
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
                "./tears model install puts one in again"
            )
        newer = [number for number in numbers if number > target]
        if not newer:
            raise InputError(f"version {target} is the newest in {base_path} already")
        for number in newer:
            kept = take_back(base_path, number, versions[number], f"back to {target}")
            console.print(f"version {number} is in {kept} now", soft_wrap=True, markup=False)
    if server:
        wait_for_version(server, target, wait)
    console.print(f"version {target} is the newest in {base_path}", soft_wrap=True, markup=False)
