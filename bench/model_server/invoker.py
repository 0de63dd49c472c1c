"""Run a bare interpreter on one core, to compare a server with.

    python -m bench.model_server.invoker MODEL CORE

It prints "ready". Then it reads lines with a number of seconds, invokes the model for this time, and prints how often.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import FULL_SCALE, LARGEST_SAMPLE, WINDOW_SAMPLES


def noise_window(dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return the same noise each time, of shape (1, 110 250): int16, or float32 in [-1, 1)."""
    noise = np.random.default_rng(7).normal(0, 3000, (1, WINDOW_SAMPLES))
    samples = noise.clip(-FULL_SCALE, LARGEST_SAMPLE).astype(np.int16)
    return samples if dtype == np.int16 else (samples / np.float32(FULL_SCALE)).astype(dtype)


def interpreter_of(model: Path) -> Interpreter:
    """Return an interpreter with one thread that has a window in its input and has run once."""
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_input_details()
    interpreter.set_tensor(detail["index"], noise_window(np.dtype(detail["dtype"])))
    interpreter.invoke()
    return interpreter


def main() -> None:
    """Answer the lines of standard input."""
    os.sched_setaffinity(0, {int(sys.argv[2])})
    interpreter = interpreter_of(Path(sys.argv[1]))
    print("ready", flush=True)
    for line in sys.stdin:
        end_seconds = time.perf_counter() + float(line)
        count = 0
        while time.perf_counter() < end_seconds:
            interpreter.invoke()
            count += 1
        print(count, flush=True)


if __name__ == "__main__":
    main()
