"""`tears predict`: the gRPC client for testing a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import soundfile
from rich.console import Console
from rich.table import Table

from tears.cli.house.shipped_model import cry_label
from tears.cli.scoring.clip_windows import clip_windows
from tears.cli.scoring.picture import Caption, Piece, draw
from tears.cli.scoring.served_scorer import ModelChoice, open_scorer


def predict(
    clips: Sequence[Path],
    choice: ModelChoice,
    gain_db: float | None,
    console: Console,
    *,
    as_json: bool,
    pictures: Mapping[Path, Path],
) -> None:
    """Prints the scores of each 5 s of each clip: a table, or one JSON object a line.

    Args:
        clips: to score.
        choice: by which model.
        gain_db: None is automatic gain.
        console: to print on.
        as_json: instead of a table.
        pictures: the PNG to draw for a clip; there need be none.

    Raises:
        CliError: the model did not answer, a clip cannot be read, or a picture cannot be written.
    """
    table = Table("clip", "from", "level", "gain", "scores", "model")
    with open_scorer(choice) as scorer:
        for clip in clips:
            pieces = []
            for piece in clip_windows(clip, gain_db):
                scores = scorer.score(piece.window)
                if clip in pictures:
                    pieces.append(Piece(piece, scores))
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
            if pieces:
                _draw(clip, pieces, choice.model, pictures[clip])
    if not as_json:
        console.print(table)
        for path in pictures.values():
            console.print(f"picture: {path}", highlight=False, soft_wrap=True)


def _draw(clip: Path, pieces: Sequence[Piece], model: str, path: Path) -> None:
    versions = sorted({piece.scores.version for piece in pieces})
    caption = Caption(
        clip=clip.name,
        model=f"{model} {', '.join(map(str, versions))}",
        cry_label=cry_label(),
        seconds=float(soundfile.info(clip).duration),
    )
    draw(pieces, caption, path)
