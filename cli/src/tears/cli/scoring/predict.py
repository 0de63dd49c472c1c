"""`tears predict`: the gRPC client for testing a model."""

import json
from collections.abc import Sequence
from pathlib import Path

import click
import soundfile
from rich.table import Table

from tears.cli.console import make_console
from tears.cli.options import EXISTING_FILE, decibels, gain_option
from tears.cli.pipeline.model_server import cry_label
from tears.cli.scoring.clip_windows import clip_windows
from tears.cli.scoring.picture import Caption, ScoredWindow, draw_picture, picture_paths
from tears.cli.scoring.served_scorer import ModelChoice, model_options, open_scorer


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
def command(
    *, clips: tuple[Path, ...], choice: ModelChoice, gain_db: str, as_json: bool, plot: bool, plot_to: Path | None
) -> None:
    """Score clips with a model server: the gRPC client for testing a model."""
    pictures = picture_paths(clips, plot_to) if plot or plot_to else {}
    console = make_console()
    table = Table("clip", "from", "level", "gain", "scores", "model")
    with open_scorer(choice) as score:
        for clip in clips:
            scored = []
            for start_seconds, window in clip_windows(clip, decibels(gain_db)):
                one = ScoredWindow(start_seconds, window, score(window))
                if clip in pictures:
                    scored.append(one)
                if as_json:
                    console.out(json.dumps(_record(clip, one, choice.model)), highlight=False)
                    continue
                ranked = sorted(one.scores.values, key=lambda pair: -pair[1])
                table.add_row(
                    clip.name,
                    f"{start_seconds:.1f} s",
                    f"{window.level_dbfs:.1f} dBFS",
                    f"{window.gain_db:.1f} dB",
                    "  ".join(f"{label} {value:.5f}" for label, value in ranked),
                    f"{choice.model} {one.scores.version}",
                )
            if clip in pictures:
                _draw(clip, scored, choice.model, pictures[clip])
    if not as_json:
        console.print(table)
        for path in pictures.values():
            console.print(f"picture: {path}", highlight=False, soft_wrap=True)


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


def _draw(clip: Path, scored: Sequence[ScoredWindow], model: str, path: Path) -> None:
    versions = sorted({one.scores.version for one in scored})
    caption = Caption(
        clip=clip.name,
        model=f"{model} {', '.join(map(str, versions))}",
        cry_label=cry_label(),
        seconds=float(soundfile.info(clip).duration),
    )
    draw_picture(scored, caption, path)
