"""Run the benchmarks: `python -m bench`."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import alert_delay, fresh_demo, realtime, replay_speed, year_of_history
from bench.bench_figure import BenchFigure, report
from bench.bench_options import BenchOptions
from bench.floor import beside_sox
from bench.model_server import comparison
from bench.pipeline import load, memory, overload
from bench.pipeline.source_tree import this_checkout
from bench.pipeline.two_cores import two_cores
from bench.results.machine import Machine
from bench.results.page import write_page

_GROWTH_HOURS = 1.0


def main() -> int:
    """Measure and print; return the exit status."""
    options, console, machine = BenchOptions.parse(), Console(), Machine.here()
    console.print(machine.words())
    with tempfile.TemporaryDirectory(prefix="tears-bench-") as name, two_cores():
        folder = Path(name)
        with options.sources(folder) as trees:
            figures, tables = load.measure(trees, options.scope, console)
        for table in tables:
            table.print_on(console)
        figures += beside_sox.measure(folder, console)
        if not options.is_only_pipeline:
            figures += _other_figures(folder, console)
    if options.results:
        write_page(options.results, machine, figures, tables)
    return report(figures, console)


def _other_figures(folder: Path, console: Console) -> list[BenchFigure]:
    return [
        *replay_speed.measure(folder, console),
        *realtime.measure(folder, console),
        memory.growth_figure(_GROWTH_HOURS),
        *overload.measure(this_checkout()),
        *alert_delay.measure(folder, console),
        *comparison.measure(folder, console),
        *fresh_demo.measure(folder),
        *year_of_history.measure(folder, console),
    ]


if __name__ == "__main__":
    sys.exit(main())
