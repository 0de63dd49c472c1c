"""Measure how much faster than real time one recording goes through the real services."""

from __future__ import annotations

import statistics
from pathlib import Path

from rich.console import Console

from bench.bench_figure import BenchFigure
from bench.scenes import recording
from tears.cli.replay import ReplayOptions, replay

RECORDING_MINUTES = 12.0
REPLAY_RUNS = 3
BAR_TIMES_REAL_TIME = 40.0


def measure(folder: Path, console: Console) -> list[BenchFigure]:
    """Return the median of three runs over one recording of 48 kHz."""
    path = recording(folder, RECORDING_MINUTES)
    runs = [replay([path], None, ReplayOptions(), console).times_real_time for _ in range(REPLAY_RUNS)]
    note = f"median of {REPLAY_RUNS}: {', '.join(f'{run:.0f}' for run in runs)}"
    return [
        BenchFigure(
            "replay of one mic",
            statistics.median(runs),
            "x real time",
            BAR_TIMES_REAL_TIME,
            at_least=True,
            note=note,
        )
    ]
