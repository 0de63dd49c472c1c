"""Run the benchmarks: `python -m bench`."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import alert_delay, fresh_demo, realtime, replay_speed, year_of_history
from bench.bench_figure import report
from bench.model_server import comparison


def main() -> int:
    """Measure and print; return the exit status."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tears-bench-") as name:
        folder = Path(name)
        figures = replay_speed.measure(folder, console)
        figures += realtime.measure(folder, console)
        figures += alert_delay.measure(folder, console)
        figures += comparison.measure(folder, console)
        figures += fresh_demo.measure(folder)
        figures += year_of_history.measure(folder, console)
    return report(figures, console)


if __name__ == "__main__":
    sys.exit(main())
