"""`tears predict`: the gRPC client for testing a model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tears.cli.clips import clip_windows
from tears.cli.scorer import ModelChoice, open_scorer


def predict(
    clips: Sequence[Path], choice: ModelChoice, gain_db: float | None, console: Console, *, as_json: bool
) -> None:
    """Prints the scores of each 5 s of each clip: a table, or one JSON object a line.

    Raises:
        CliError: the model did not answer, or a clip cannot be read.
    """
    table = Table("clip", "from", "level", "gain", "scores", "model")
    with open_scorer(choice) as scorer:
        for clip in clips:
            for piece in clip_windows(clip, gain_db):
                scores = scorer.score(piece.window)
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
    if not as_json:
        console.print(table)
