"""Time `make demo` in a fresh clone, including all installs, with empty caches."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from bench.bench_figure import BenchFigure

BAR_SECONDS = 180.0
CHECKOUT = Path(__file__).parents[1]


def measure(folder: Path) -> list[BenchFigure]:
    """Clone the commit that is checked out, and run the demo there without the settings of this environment."""
    clone = folder / "clone"
    subprocess.run([shutil.which("git") or "git", "clone", "--quiet", str(CHECKOUT), str(clone)], check=True)
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VIRTUAL_ENV", "TEARS_"))
    }
    environ["UV_CACHE_DIR"] = str(folder / "uv-cache")
    begun = time.monotonic()
    command = [shutil.which("make") or "make", "demo"]
    result = subprocess.run(command, cwd=clone, env=environ, check=False, capture_output=True, text=True)
    elapsed = time.monotonic() - begun
    if result.returncode != 0:
        raise SystemExit(f"make demo failed in a fresh clone:\n{result.stdout}{result.stderr}")
    has_tensorflow = any(clone.glob(".venv/lib/*/site-packages/tensorflow"))
    note = "with TensorFlow" if has_tensorflow else "without TensorFlow"
    return [BenchFigure("make demo from a fresh clone", elapsed, "s", BAR_SECONDS, note=note)]
