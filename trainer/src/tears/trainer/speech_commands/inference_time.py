"""What a window will cost where the model is served."""

import time
from pathlib import Path
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

# A Pi is some five times slower than a desktop's core, and has other things to do in a second.
SLOW_MS: Final = 20.0
_TIMED: Final = 10


def time_one_window(version: Path, clip_samples: int) -> str:
    """Size of the model, and the fastest of some answers on one core; says so where a Pi would be hard pressed.

    Args:
        version: Folder with model.tflite.
        clip_samples: Of its input.
    """
    model = version / "model.tflite"
    answer = Interpreter(model_path=str(model), num_threads=1).get_signature_runner("serving_default")
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (1, clip_samples)).astype(np.float32)
    times: list[float] = []
    for _ in range(_TIMED):
        # Of this thread alone: what else the machine does is no matter of the model.
        started = time.thread_time()
        answer(waveform=noise)
        times.append(time.thread_time() - started)
    milliseconds = min(times) * 1000
    megabytes = model.stat().st_size / 1e6
    line = f"model.tflite has {megabytes:.1f} MB and takes {milliseconds:.1f} ms a window on one core here"
    if milliseconds > SLOW_MS:
        line += "; on a Raspberry Pi that is much: --model_architecture=tiny_conv takes a fraction"
    return line
