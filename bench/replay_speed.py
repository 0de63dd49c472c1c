"""Measure how much faster than real time one recording goes through the real services."""

import statistics
from pathlib import Path

from rich.console import Console

from bench.bench_figure import BenchFigure
from tears.cli.pipeline.room_recordings import find_room_recordings
from tears.cli.replay import replay
from tears.samples.scene import compose_scene
from tears.samples.scene_files import write_scene

RECORDING_MINUTES = 12.0
REPLAY_RUNS = 5
BAR_TIMES_REAL_TIME = 150.0


def measure(folder: Path, console: Console) -> list[BenchFigure]:
    """Return the median of five runs over one recording of 48 kHz."""
    path = write_scene(compose_scene(1, minutes=RECORDING_MINUTES), folder, "replayed")
    runs = [replay(find_room_recordings([path]), console).times_real_time for _ in range(REPLAY_RUNS)]
    note = f"median of {REPLAY_RUNS}: {', '.join(f'{run:.0f}' for run in runs)}"
    speed = statistics.median(runs)
    return [BenchFigure("replay of one mic", speed, "x real time", BAR_TIMES_REAL_TIME, at_least=True, note=note)]
