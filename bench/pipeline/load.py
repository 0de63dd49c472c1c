"""The pipeline under load, beside its floor: `python -m bench.pipeline.load`, and a part of `make bench`."""

import platform
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.bench_figure import BenchFigure, report
from bench.pipeline.floor import floor_ms
from bench.pipeline.rooms import FedRooms, listen_to_all
from tears.cli.pipeline.model_server import shipped_versions
from tears.cli.pipeline.private_redis import start_redis
from tears.kit.redis_client import connect

COUNTS = (1, 16, 40, 70, 100, 140)
REPLICAS = (1, 2)
SECONDS_A_RUN = 20
BAR_COST_MILLISECONDS = 12.0
BAR_TIMES_FLOOR = 1.8
BAR_FORTY_ROOMS_MILLISECONDS = 60.0
BAR_ROOMS = 160
_CARRIED_MILLISECONDS = 1_000.0
_STOP_SECONDS = 5.0
_JUDGED_ROOMS = 40


def measure(folder: Path, console: Console, counts: tuple[int, ...] = COUNTS) -> list[BenchFigure]:
    """Return the figures of one run, and print the tables behind them."""
    floor = _measure_floor(folder)
    results = listen_to_all(counts, REPLICAS, SECONDS_A_RUN)
    console.print(_table(results))
    console.print(f"floor of a window on {platform.processor() or platform.machine()}: {_words(floor)}")
    return figures_of(results, sum(floor.values()))


def figures_of(results: list[FedRooms], floor: float) -> list[BenchFigure]:
    """Return the figures that have limits; `floor` is the CPU time of a window, in ms."""
    carried = max((result.rooms for result in results if is_carried(result)), default=0)
    found = [BenchFigure("rooms that two cores carry", carried, "rooms", BAR_ROOMS, at_least=True)]
    judged = [result for result in results if result.rooms == _JUDGED_ROOMS and result.replicas == 1]
    for result in judged:
        note = _words(result.cost_ms)
        found += [
            BenchFigure("CPU of a window over all stages", result.total_ms, "ms", BAR_COST_MILLISECONDS, note=note),
            BenchFigure("the same beside its floor", result.total_ms / floor, "times", BAR_TIMES_FLOOR),
            BenchFigure("delay with 40 rooms, p95", result.delays[1], "ms", BAR_FORTY_ROOMS_MILLISECONDS),
        ]
    return found


def is_carried(result: FedRooms) -> bool:
    """Return whether all windows of a run were done in time."""
    return result.done_share > 0.99 and result.delays[1] <= _CARRIED_MILLISECONDS  # noqa: PLR2004 - all but a rounding


def _measure_floor(folder: Path) -> dict[str, float]:
    place = folder / "floor"
    place.mkdir()
    server, url = start_redis(place)
    try:
        with connect(url) as client:
            newest = max(
                shipped_versions().iterdir(), key=lambda version: int(version.name) if version.name.isdigit() else 0
            )
            return floor_ms(newest / "model.tflite", client, server.pid)
    finally:
        server.stop(_STOP_SECONDS)


def _words(costs_ms: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in costs_ms.items())


def _table(results: list[FedRooms]) -> Table:
    table = Table("rooms", "replicas", "p50 ms", "p95 ms", "p99 ms", "done", "CPU ms a window", "Redis MiB")
    for result in results:
        p50, p95, p99 = result.delays
        table.add_row(
            str(result.rooms),
            str(result.replicas),
            f"{p50:.0f}",
            f"{p95:.0f}",
            f"{p99:.0f}",
            f"{result.done_share:.0%}",
            f"{result.total_ms:.1f} ({_words(result.cost_ms)})",
            f"{result.redis_mib:.0f}",
        )
    return table


def main() -> int:
    """Measure and print; return the exit status."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tears-bench-") as name:
        counts = tuple(map(int, sys.argv[1:])) or COUNTS
        return report(measure(Path(name), console, counts), console)


if __name__ == "__main__":
    sys.exit(main())
