"""The commands for a parent's own recordings and models; `__main__` adds them to `tears`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from tears.cli.gain_option import GainType, decibels

RECORDINGS = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("recordings", nargs=-1, required=True, type=RECORDINGS)
@click.argument("label")
@click.option("--from", "begin", metavar="TIME", help="When it began: 02:13, 02:13:30, or +1:30 since the start.")
@click.option("--to", "end", metavar="TIME", help="When it ended; after midnight if it is earlier.")
@click.option(
    "--on", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The day of --from, where several were recorded."
)
@click.option("--timezone", metavar="ZONE", help="Whose clocks, e.g. Europe/Berlin.  [default: this machine's]")
@click.option("--starts", metavar="TIME", help="When the recording began, where the file does not tell.")
@click.option("--replace", is_flag=True, help="Let older labels of the same moments give way.")
def label(
    recordings: tuple[Path, ...],
    label: str,
    begin: str | None,
    end: str | None,
    on: dt.datetime | None,
    timezone: str | None,
    starts: str | None,
    replace: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """Write down what was heard when: tears label recordings --from 02:13 --to 02:21 crying.

    RECORDINGS are files, or folders of them. The label goes into <recording>.labels.txt beside each recording that it
    touches: a label track that Audacity opens. Without --from and --to, recordings are labelled from start to end.
    """
    from tears.cli.own_data.label import LabelOptions  # noqa: PLC0415 - each command loads only what it needs
    from tears.cli.own_data.label import label as run  # noqa: PLC0415 - likewise

    options = LabelOptions(
        begin=begin, end=end, on=on.date() if on else None, timezone=timezone, starts=starts, replace=replace
    )
    run(recordings, label, options, Console())


@click.command("slice")
@click.argument("recordings", nargs=-1, required=True, type=RECORDINGS)
@click.option("--out", required=True, type=FOLDER, help="Folder of the clips, which gets a folder for each label.")
@click.option(
    "--gain-db", type=GainType(), default="45", show_default=True, help="Gain, as sox's vol; auto is the pipeline's."
)
@click.option("--rest", metavar="LABEL", help="Label for the quiet parts of what is not labelled, e.g. quiet.")
@click.option("--rest-clips", type=click.IntRange(1), help="How many of them.  [default: as many as are labelled]")
@click.option("--replace", is_flag=True, help="Let older clips of the same recordings give way.")
def slice_command(
    recordings: tuple[Path, ...],
    out: Path,
    gain_db: str,
    rest: str | None,
    rest_clips: int | None,
    replace: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """Cut labelled recordings into 5 s clips, a folder for each label.

    Each is what `sox -D IN OUT trim START 5 vol 45 dB rate 22050` makes of a recording of one channel, and is called
    <recording>_nohash_<k>.wav, so that trainers keep the clips of one recording together.
    """
    from tears.cli.own_data.slice import SliceOptions, slice_recordings  # noqa: PLC0415 - see label

    options = SliceOptions(out=out, gain_db=decibels(gain_db), rest=rest, rest_clips=rest_clips, replace=replace)
    slice_recordings(recordings, options, Console())


@click.group()
def dataset() -> None:
    """Folders of clips to train on."""


@dataset.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--allow", "allowed", multiple=True, metavar="KIND", help="What is no fault here, e.g. leakage.")
@click.option("--validation-percentage", type=click.FloatRange(0, 99), default=10, show_default=True)
@click.option("--testing-percentage", type=click.FloatRange(0, 99), default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="All that was found, for programs.")
def check(
    folder: Path,
    allowed: tuple[str, ...],
    validation_percentage: float,
    testing_percentage: float,
    as_json: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """Look over a folder of clips, with a folder for each label; exits 0 only if it is fit to train on.

    Rates, channels, lengths, truncated files, silence, clipping; the same sound twice, at whatever level; recordings
    that stand on both sides of the trainer's split; balance.
    """
    from tears.cli.own_data.dataset_check import check as run  # noqa: PLC0415 - see label
    from tears.own_data.dataset.dataset_findings import KINDS, Shares  # noqa: PLC0415 - see label

    for kind in allowed:
        if kind not in KINDS:
            raise click.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}", param_hint="--allow")
    shares = Shares(validation_percentage=validation_percentage, testing_percentage=testing_percentage)
    if not run(folder, shares, allowed, Console(), as_json=as_json):
        raise click.exceptions.Exit(1)


@click.group()
def model() -> None:
    """Versions of the model that is served."""


def _place_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--wait", type=click.FloatRange(0), default=60, show_default=True, help="At most so many seconds."
        ),
        click.option("--server", metavar="HOST:PORT", help="Wait until this model server has taken the change."),
        click.option(
            "--models", type=FOLDER, help="Folder of the versions.  [default: TEARS_MODEL_DIR, else the shipped one]"
        ),
    ):
        command = option(command)
    return command


@model.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Also if it is not better, or if nobody knows.")
@_place_options
def install(
    folder: Path,
    force: bool,  # noqa: FBT001 - click passes it by name
    models: Path | None,
    server: str | None,
    wait: float,
) -> None:
    """Put a version into place: tears model install training/export/1.

    It becomes the next version of the folder that model servers watch, whole or not at all, if its verdict says that it
    is better on recordings that were held out than the version that is served.
    """
    from tears.cli.models.install import Place  # noqa: PLC0415 - see label
    from tears.cli.models.install import install as run  # noqa: PLC0415 - see label

    run(folder, Place(base_path=models, server=server, wait_seconds=wait), Console(), force=force)


@model.command()
@click.option("--to", type=click.IntRange(1), help="The version to go back to.  [default: the one before the newest]")
@_place_options
def rollback(to: int | None, models: Path | None, server: str | None, wait: float) -> None:
    """Take the newest version out of place; the one before it is served again."""
    from tears.cli.models.install import Place  # noqa: PLC0415 - see label
    from tears.cli.models.install import rollback as run  # noqa: PLC0415 - see label

    run(Place(base_path=models, server=server, wait_seconds=wait), to, Console())


@model.command("list")
@click.option("--models", type=FOLDER, help="Folder of the versions.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_versions(
    models: Path | None,
    as_json: bool,  # noqa: FBT001 - click passes it by name
) -> None:
    """List the versions: since when, where from, and their figures."""
    from tears.cli.models.install import Place, show  # noqa: PLC0415 - see label

    show(Place(base_path=models), Console(), as_json=as_json)
