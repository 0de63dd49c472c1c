"""A bare interpreter on one core, the limit that a server is measured against: `python -m bench.invoker MODEL CORE`.

Says "ready", then, for each line of standard input that holds a number of seconds, invokes for as long and prints how
often.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from bench.windows import window


def interpreter_of(model: Path) -> Interpreter:
    """An interpreter of one thread with a window in its input, run once."""
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_input_details()
    interpreter.set_tensor(detail["index"], window(np.dtype(detail["dtype"])))
    interpreter.invoke()
    return interpreter


def main() -> None:
    """Serves standard input."""
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
