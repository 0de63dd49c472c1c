"""`tears predict`: the gRPC client for testing a model."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from tears.audio.window import Window
from tears.cli.console import make_console
from tears.cli.errors import InputError
from tears.cli.options import EXISTING_FILE, decibels, gain_option
from tears.cli.output_files import check_outputs, replace_option
from tears.cli.pipeline.model_server import cry_label
from tears.cli.scoring.clip_windows import clip_windows
from tears.cli.scoring.picture import Caption, ScoredWindow, draw_picture, drawable_seconds, picture_paths
from tears.cli.scoring.score_rows import ScoreRows
from tears.cli.scoring.served_scorer import ModelChoice, model_options, open_scorer
from tears.sound_files.readable_name import readable_name
from tears.tfserving.client import Scores


@click.command("predict")
@click.argument("clips", nargs=-1, required=True, type=EXISTING_FILE)
@model_options
@gain_option
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for every 5 s instead of a table.")
@click.option(
    "--plot",
    is_flag=True,
    help="Draw the waveform, the spectrogram and the scores of each clip into a PNG file beside it.",
)
@click.option("--plot-to", type=click.Path(path_type=Path), help="Draw into this PNG file or this folder instead.")
@replace_option
def command(
    *,
    clips: tuple[Path, ...],
    choice: ModelChoice,
    gain_db: str,
    as_json: bool,
    plot: bool,
    plot_to: Path | None,
    is_replacing: bool,
) -> None:
    """Score clips with a model server: the gRPC client for testing a model."""
    pictures = picture_paths(clips, plot_to) if plot or plot_to else {}
    check_outputs(list(pictures.values()), is_replacing=is_replacing, option="--plot-to")
    lengths = {clip: drawable_seconds(clip) for clip in pictures}
    console = make_console()
    rows = ScoreRows(console)
    refusals = []
    with open_scorer(choice) as score:
        for clip in clips:
            scored = []
            for one in _scored_windows(clip, decibels(gain_db), score):
                if clip in pictures:
                    scored.append(one)
                if as_json:
                    console.out(json.dumps(_record(clip, one, choice.model)), highlight=False)
                else:
                    rows.add(clip.name, one, choice.model)
            try:
                if clip in pictures:
                    _draw(clip, scored, choice.model, lengths[clip], pictures[clip])
            except InputError as error:
                # The scores are worth printing all the same.
                refusals.append(error.message)
                del pictures[clip]
    if not as_json:
        rows.print()
        for path in pictures.values():
            console.print(f"picture: {path}", highlight=False, soft_wrap=True, markup=False)
    if refusals:
        raise InputError("; ".join(refusals))


def _scored_windows(clip: Path, gain_db: float | None, score: Callable[[Window], Scores]) -> Iterator[ScoredWindow]:
    """Yield the windows of a clip with their scores; print it if the clip ends earlier than it should."""
    faults: list[str] = []
    for start_seconds, window in clip_windows(clip, gain_db, faults.append):
        yield ScoredWindow(start_seconds, window, score(window))
    for fault in faults:
        click.echo(f"{clip} {fault}; what is there was scored", err=True)


def _record(clip: Path, one: ScoredWindow, model: str) -> dict[str, object]:
    return {
        "path": str(clip),
        "start_seconds": round(one.start_seconds, 3),
        "level_dbfs": round(one.window.level_dbfs, 2),
        "gain_db": round(one.window.gain_db, 2),
        "scores": dict(one.scores.values),
        "model": model,
        "model_version": one.scores.version,
    }


def _draw(clip: Path, scored: Sequence[ScoredWindow], model: str, seconds: float, path: Path) -> None:
    versions = sorted({one.scores.version for one in scored})
    caption = Caption(
        clip=readable_name(clip.name),
        model=f"{model} {', '.join(map(str, versions))}",
        cry_label=cry_label(),
        seconds=seconds,
    )
    draw_picture(scored, caption, path)
