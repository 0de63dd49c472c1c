"""Runs the benchmarks: `python -m bench`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import fresh_demo, model_server, realtime, replay_speed
from bench.report import show


def main() -> int:
    """Measures and prints; the status is 1 where a bar is missed."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tears-bench-") as name:
        folder = Path(name)
        figures = replay_speed.measure(folder, console)
        figures += realtime.measure(folder, console)
        figures += model_server.measure(folder, console)
        figures += fresh_demo.measure(folder)
    show(figures, console)
    return 0 if all(one.is_met for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
