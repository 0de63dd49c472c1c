"""YAMNet, a network for 521 kinds of sound, as a judge that was not trained on our synthesis."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soxr
from ai_edge_litert.interpreter import Interpreter

YAMNET_RATE_HZ = 16_000
FRAME_SAMPLES = 15_600  # 0.975 s
HOP_SAMPLES = 7_680  # 0.48 s

Judge = Callable[[npt.NDArray[Any], int], npt.NDArray[np.float64]]


@pytest.fixture(scope="session")
def infant_cry() -> Judge:
    """Return a function that scores a recording in [-1, 1): the higher of YAMNet's two crying classes in each frame."""
    named = os.environ.get("TEARS_YAMNET")
    if not named:
        pytest.skip("TEARS_YAMNET names no yamnet.tflite to judge with")
    path = Path(named)
    with (path.parent / "yamnet_class_map.csv").open(newline="") as lines:
        classes = [row["display_name"] for row in csv.DictReader(lines)]
    crying = [classes.index("Crying, sobbing"), classes.index("Baby cry, infant cry")]
    interpreter = Interpreter(model_path=str(path), num_threads=2)
    interpreter.allocate_tensors()
    model_input, model_output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def judge(sound: npt.NDArray[Any], rate_hz: int) -> npt.NDArray[np.float64]:
        resampled = soxr.resample(sound, rate_hz, YAMNET_RATE_HZ).astype(np.float32)
        resampled = np.pad(resampled, (0, max(FRAME_SAMPLES - resampled.size, 0)))
        scores = []
        for begin in range(0, resampled.size - FRAME_SAMPLES + 1, HOP_SAMPLES):
            interpreter.set_tensor(
                model_input["index"], resampled[begin : begin + FRAME_SAMPLES].reshape(model_input["shape"])
            )
            interpreter.invoke()
            scores.append(float(interpreter.get_tensor(model_output["index"])[0, crying].max()))
        return np.array(scores)

    return judge
