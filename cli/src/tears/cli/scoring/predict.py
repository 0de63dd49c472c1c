"""`tears predict`: the gRPC client for testing a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import soundfile
from rich.console import Console
from rich.table import Table

from tears.cli.house.model_server import cry_label
from tears.cli.options import decibels, gain_option
from tears.cli.scoring.clip_windows import clip_windows
from tears.cli.scoring.model_choice import ModelChoice, model_options
from tears.cli.scoring.picture import Caption, ScoredWindow, draw_picture, picture_paths
from tears.cli.scoring.served_scorer import open_scorer


@click.command("predict")
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@model_options
@gain_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--plot", is_flag=True, help="Draw each clip, beside it: wave, spectrogram, scores.")
@click.option("--plot-to", type=click.Path(path_type=Path), help="A PNG file or a folder to draw to instead.")
def command(
    *, clips: tuple[Path, ...], choice: ModelChoice, gain_db: str, as_json: bool, plot: bool, plot_to: Path | None
) -> None:
    """Score clips by a model server: the gRPC client for testing a model."""
    pictures = picture_paths(clips, plot_to) if plot or plot_to else {}
    predict(clips, choice, decibels(gain_db), Console(), as_json=as_json, pictures=pictures)


def predict(
    clips: Sequence[Path],
    choice: ModelChoice,
    gain_db: float | None,
    console: Console,
    *,
    as_json: bool,
    pictures: Mapping[Path, Path],
) -> None:
    """Print the scores of each 5 s of each clip: a table, or one JSON object a line.

    Args:
        clips: To score.
        choice: Which model to ask.
        gain_db: None is automatic gain.
        console: To print on.
        as_json: Print JSON instead of a table.
        pictures: The PNG to draw, by clip; may be empty.

    Raises:
        CliError: The model did not answer, a clip cannot be read, or a picture cannot be written.
    """
    table = Table("clip", "from", "level", "gain", "scores", "model")
    with open_scorer(choice) as scorer:
        for clip in clips:
            scored = []
            for piece in clip_windows(clip, gain_db):
                scores = scorer.score(piece.window)
                if clip in pictures:
                    scored.append(ScoredWindow(piece, scores))
                if as_json:
                    line = {
                        "path": str(clip),
                        "start_seconds": round(piece.start_seconds, 3),
                        "level_dbfs": round(piece.window.level_dbfs, 2),
                        "gain_db": round(piece.window.gain_db, 2),
                        "scores": dict(scores.values),
                        "model": choice.model,
                        "model_version": scores.version,
                    }
                    console.out(json.dumps(line), highlight=False)
                    continue
                ranked = sorted(scores.values, key=lambda pair: -pair[1])
                table.add_row(
                    clip.name,
                    f"{piece.start_seconds:.1f} s",
                    f"{piece.window.level_dbfs:.1f} dBFS",
                    f"{piece.window.gain_db:.1f} dB",
                    "  ".join(f"{label} {value:.5f}" for label, value in ranked),
                    f"{choice.model} {scores.version}",
                )
            if scored:
                _draw(clip, scored, choice.model, pictures[clip])
    if not as_json:
        console.print(table)
        for path in pictures.values():
            console.print(f"picture: {path}", highlight=False, soft_wrap=True)


def _draw(clip: Path, scored: Sequence[ScoredWindow], model: str, path: Path) -> None:
    versions = sorted({one.scores.version for one in scored})
    caption = Caption(
        clip=clip.name,
        model=f"{model} {', '.join(map(str, versions))}",
        cry_label=cry_label(),
        seconds=float(soundfile.info(clip).duration),
    )
    draw_picture(scored, caption, path)
