"""The `tears` command."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from tears.cli.gain_option import GainType, decibels
from tears.cli.house.shipped_model import MODEL_NAME
from tears.cli.own_data import commands as own_data_commands
from tears.cli.scoring.served_scorer import ModelChoice

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def gain_option(command: Callable[..., None]) -> Callable[..., None]:
    """Adds `--gain-db`."""
    return click.option("--gain-db", type=GainType(), default="auto", show_default=True, help="Gain before the model.")(
        command
    )


def model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds what chooses a model."""
    for option in (
        click.option("--server", help="HOST:PORT of a model server; without it, one is started for the shipped model."),
        click.option("--model", default=MODEL_NAME, show_default=True, help="The model's name on the server."),
        click.option("--version", type=click.IntRange(min=1), help="Its version; without it, the newest."),
        click.option("--label", default="", help="Its version label, instead of a version."),
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Tears hears the baby cry, and tells you."""
    # SIGTERM undoes what is half done, as Ctrl-C does; commands that drain take both over.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@main.command()
@click.option(
    "--mic", "mics", multiple=True, help="The name of a room; beyond the inputs', each listens to a microphone."
)
@click.option("--input", "inputs", multiple=True, type=FILE, help="A recording to play as a microphone, in real time.")
def up(mics: tuple[str, ...], inputs: tuple[Path, ...]) -> None:
    """Listen: Redis, the model server and the four services, with a live view."""
    from tears.cli.up import up as run  # noqa: PLC0415 - each command loads only what it needs

    run(mics, inputs, Console())


@main.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option("--gain-db", type=GainType(), help="Gain before the model.  [default: the preprocessor's own setting]")
@click.option("--hop", type=click.FloatRange(0.1, 5), help="Seconds from one window to the next.  [default: 1]")
@click.option("--at-once", type=click.IntRange(1, 16), default=2, show_default=True, help="Recordings side by side.")
@click.option("--replicas", type=click.IntRange(1, 8), default=1, show_default=True, help="Of the middle services.")
def replay(
    files: tuple[Path, ...], out: Path, gain_db: str | None, hop: float | None, at_once: int, replicas: int
) -> None:
    """Hear recordings through the same services, as fast as possible, notifying nobody."""
    from tears.cli.replay import ReplayOptions, print_summary  # noqa: PLC0415 - see up
    from tears.cli.replay import replay as run  # noqa: PLC0415 - see up

    console = Console()
    options = ReplayOptions(gain_db=gain_db, hop_seconds=hop, at_once=at_once, replicas=replicas)
    print_summary(run(files, out, options, console), console)


@main.command()
@click.argument("clips", nargs=-1, required=True, type=FILE)
@model_options
@gain_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--plot", is_flag=True, help="Draw each clip, beside it: wave, spectrogram, scores.")
@click.option("--plot-to", type=click.Path(path_type=Path), help="A PNG file or a folder to draw to instead.")
def predict(
    clips: tuple[Path, ...],
    server: str | None,
    model: str,
    version: int | None,
    label: str,
    gain_db: str,
    as_json: bool,  # noqa: FBT001 - click passes it by name
    plot: bool,  # noqa: FBT001 - likewise
    plot_to: Path | None,
) -> None:
    """Score clips by a model server: the gRPC client for testing a model."""
    from tears.cli.scoring.picture import picture_paths  # noqa: PLC0415 - see up
    from tears.cli.scoring.predict import predict as run  # noqa: PLC0415 - likewise

    pictures = picture_paths(clips, plot_to) if plot or plot_to else {}
    choice = ModelChoice(server=server, model=model, version=version, label=label)
    run(clips, choice, decibels(gain_db), Console(), as_json=as_json, pictures=pictures)


@main.command()
@click.option("--manifest", required=True, type=FILE, help="CSV with path, label and split.")
@click.option("--split", help="Only rows of this split.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="JSON lines of scores.")
@model_options
@gain_option
def evaluate(
    manifest: Path,
    split: str | None,
    out: Path,
    server: str | None,
    model: str,
    version: int | None,
    label: str,
    gain_db: str,
) -> None:
    """Score a manifest's clips with the pipeline's own gain, and say how well the scores separate."""
    from tears.cli.scoring.evaluate import evaluate as run  # noqa: PLC0415 - see up

    choice = ModelChoice(server=server, model=model, version=version, label=label)
    run(manifest, split, out, choice, decibels(gain_db), Console())


@main.command()
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the recordings."
)
@click.option("--mic", "mics", multiple=True, help="Only this microphone; may be given more than once.")
@click.option(
    "--redis",
    "redis_url",
    envvar="TEARS_REDIS_URL",
    default="redis://127.0.0.1:6379/0",
    show_default=True,
    help="The Redis of the house; TEARS_REDIS_URL is taken where it is set.",
)
@click.option("--seconds", type=click.IntRange(1, 300), default=30, show_default=True, help="Length of a file.")
@click.option("--keep-days", type=click.FloatRange(0, min_open=True), help="Delete recordings that are older.")
@click.option("--keep-gib", type=click.FloatRange(0, min_open=True), help="Delete the oldest beyond this size.")
@click.option(
    "--leave-gib", type=click.FloatRange(0), default=0.5, show_default=True, help="Never fill the disk beyond this."
)
def record(
    out: Path,
    mics: tuple[str, ...],
    redis_url: str,
    seconds: int,
    keep_days: float | None,
    keep_gib: float | None,
    leave_gib: float,
) -> None:
    """Record what the microphones hear, for training, beside a house that listens."""
    from tears.cli.recording.record import RecordOptions  # noqa: PLC0415 - see up
    from tears.cli.recording.record import record as run  # noqa: PLC0415 - see up

    options = RecordOptions(
        out=out,
        mics=mics,
        redis_url=redis_url,
        segment_seconds=seconds,
        keep_days=keep_days,
        keep_gib=keep_gib,
        leave_gib=leave_gib,
    )
    run(options, Console())


@main.command()
def devices() -> None:
    """List the microphones by the name that survives a reboot, with a second's level."""
    from tears.cli.devices import devices as run  # noqa: PLC0415 - see up

    run(Console())


@main.command()
def demo() -> None:
    """Hear a generated nursery and compare with the truth; exits 0 only if they agree."""
    from tears.cli.demo import demo as run  # noqa: PLC0415 - see up

    run(Console())


for _command in (
    own_data_commands.label,
    own_data_commands.slice_command,
    own_data_commands.dataset,
    own_data_commands.model,
):
    main.add_command(_command)


if __name__ == "__main__":
    main()
