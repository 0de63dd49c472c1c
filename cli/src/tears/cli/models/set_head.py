"""`tears model set-head`: write a version with another last layer of the decision."""

from pathlib import Path

import click

from tears.cli.console import make_console
from tears.cli.errors import refusing_disk
from tears.cli.options import EXISTING_FILE, FOLDER
from tears.own_data.versions.decision_head import read_head_file
from tears.own_data.versions.head_version import write_version_with_head


@click.command("set-head")
@click.argument("version", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("head", type=EXISTING_FILE)
@click.option(
    "--out", type=FOLDER, required=True, help="The folder to write the new version to; it must not exist yet."
)
def command(*, version: Path, head: Path, out: Path) -> None:
    """Write a version with another last layer: ./tears model set-head models/cry/1 head.npz --out export/2.

    HEAD is an .npz with the arrays weights, one for each feature that the model's signature embed returns, bias, scale
    and offset. Everything else in the model stays as it is. The new version has no SavedModel.
    """
    new = read_head_file(head)
    with refusing_disk():
        write_version_with_head(version, new, out)
    console = make_console()
    console.print(f"{out} is {version} with the head in {head}", soft_wrap=True, markup=False)
    console.print(f"./tears model install {out} puts it into place", soft_wrap=True, markup=False)
