"""How much faster than real time one recording goes through the real services."""

from __future__ import annotations

import statistics
from pathlib import Path

from rich.console import Console

from bench.report import Figure
from bench.scenes import recording
from tears.cli.replay import ReplayOptions, replay

MINUTES = 12.0
RUNS = 3
BAR_TIMES_REAL_TIME = 40.0


def measure(folder: Path, console: Console) -> list[Figure]:
    """The median of three runs over one microphone of 48 kHz."""
    path = recording(folder, MINUTES)
    runs = [replay([path], None, ReplayOptions(), console).times_real_time for _ in range(RUNS)]
    note = f"median of {RUNS}: {', '.join(f'{run:.0f}' for run in runs)}"
    return [
        Figure(
            "replay of one mic",
            statistics.median(runs),
            "x real time",
            BAR_TIMES_REAL_TIME,
            at_least=True,
            note=note,
        )
    ]
