"""YAMNet, if it is at hand: an anchor to measure against, and a teacher that has heard two million clips.

It is no part of the product: a path to its .tflite is given from outside.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr
from ai_edge_litert.interpreter import Interpreter

from tears.training.acoustics import Signal, amplitude
from tears.training.frontend import SAMPLE_RATE_HZ

RATE_HZ: Final = 16_000
PATCH_SAMPLES: Final = 15_600  # 0.975 s
CLASSES: Final = 521
BABY_CRY: Final = 20
LEVEL_DBFS: Final = -20.0


class Yamnet:
    """YAMNet on LiteRT.

    Args:
        path: Of yamnet.tflite.
    """

    def __init__(self, path: Path) -> None:
        self._interpreter: Any = Interpreter(model_path=str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._silence = self._scores(np.zeros(PATCH_SAMPLES, np.float32))

    def frame_scores(self, waveform: Signal, starts: Iterable[int] | None = None) -> npt.NDArray[np.float32]:
        """The scores of all classes for each frame of a waveform, levelled to -20 dBFS and clipped to [-1, 1].

        Args:
            waveform: float32 at 22 050 Hz.
            starts: Where frames start, in samples at 16 kHz, each with 15 600 to follow; each half frame by default.

        Returns:
            float32 of shape [frames, 521], in [0, 1].
        """
        level = np.sqrt(np.mean(np.square(waveform, dtype=np.float64)) + 1e-20)
        resampled = soxr.resample(waveform, SAMPLE_RATE_HZ, RATE_HZ)
        resampled = np.clip(resampled * (amplitude(LEVEL_DBFS) / level), -1, 1).astype(np.float32)
        if starts is None:
            starts = range(0, len(resampled) - PATCH_SAMPLES + 1, PATCH_SAMPLES // 2)
        scores = []
        for at in starts:
            patch = resampled[at : at + PATCH_SAMPLES]
            scores.append(self._scores(patch) if patch.any() else self._silence)
        return np.stack(scores)

    def _scores(self, patch: Signal) -> npt.NDArray[np.float32]:
        self._interpreter.set_tensor(self._input, patch)
        self._interpreter.invoke()
        return np.array(self._interpreter.get_tensor(self._output), np.float32).reshape(-1)
