"""Time `make demo` in a fresh clone, first including all installs, with empty caches, and then once it is set up."""

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from bench.bench_figure import BenchFigure

BAR_SECONDS = 180.0
BAR_SET_UP_SECONDS = 6.0
SET_UP_RUNS = 5
CHECKOUT = Path(__file__).parents[1]


def measure(folder: Path) -> list[BenchFigure]:
    """Clone the commit that is checked out, and run the demo there without the settings of this environment."""
    clone = folder / "clone"
    subprocess.run([shutil.which("git") or "git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True)
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VIRTUAL_ENV", "TEARS_"))
    }
    environ["UV_CACHE_DIR"] = str(folder / "uv-cache")
    elapsed = _demo_seconds(clone, environ)
    has_tensorflow = any(clone.glob(".venv/lib/*/site-packages/tensorflow"))
    note = "with TensorFlow" if has_tensorflow else "without TensorFlow"
    again = [_demo_seconds(clone, environ) for _ in range(SET_UP_RUNS)]
    again_note = f"median of {SET_UP_RUNS}: {', '.join(f'{seconds:.1f}' for seconds in again)}"
    return [
        BenchFigure("make demo from a fresh clone", elapsed, "s", BAR_SECONDS, note=note),
        BenchFigure("make demo after that", statistics.median(again), "s", BAR_SET_UP_SECONDS, note=again_note),
    ]


def _demo_seconds(clone: Path, environ: Mapping[str, str]) -> float:
    """Return how long `make demo` takes in this clone."""
    begun = time.monotonic()
    command = [shutil.which("make") or "make", "demo"]
    result = subprocess.run(command, cwd=clone, env=environ, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"make demo failed in a fresh clone:\n{result.stdout}{result.stderr}")
    return time.monotonic() - begun
