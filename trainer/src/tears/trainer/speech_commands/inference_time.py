"""Measure how long an exported model takes for one window."""

import time
from pathlib import Path
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tears.own_data.versions.version_files import INPUT, SIGNATURE, TFLITE_FILE

# A Raspberry Pi is about five times slower than a desktop's core, and must do other work in each second.
SLOW_MS: Final = 20.0
_RUNS: Final = 10


def time_one_window(version: Path, clip_samples: int) -> str:
    """Return a line with the size and the shortest time on one core of a version's model; it warns of a slow model."""
    model = version / TFLITE_FILE
    run_model = Interpreter(model_path=str(model), num_threads=1).get_signature_runner(SIGNATURE)
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (1, clip_samples)).astype(np.float32)
    times: list[float] = []
    for _ in range(_RUNS):
        # The time of this thread alone: other work of the machine must not count.
        started = time.thread_time()
        run_model(**{INPUT: noise})
        times.append(time.thread_time() - started)
    milliseconds = min(times) * 1000
    megabytes = model.stat().st_size / 1e6
    line = f"{TFLITE_FILE} has {megabytes:.1f} MB and takes {milliseconds:.1f} ms a window on one core here"
    if milliseconds > SLOW_MS:
        line += "; that is slow for a Raspberry Pi: --model_architecture=tiny_conv takes a fraction"
    return line
