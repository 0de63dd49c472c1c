"""YAMNet, a network trained on two million clips: a baseline to compare our network with.

It is not part of the product. The path of its .tflite is given from outside.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Signal
from tears.audio.gain import amplitude
from tears.trainer.errors import TeacherError

YAMNET_RATE_HZ: Final = 16_000
PATCH_SAMPLES: Final = 15_600  # 0.975 s
YAMNET_CLASSES: Final = 521
BABY_CRY: Final = 20
YAMNET_LEVEL_DBFS: Final = -20.0


class Yamnet:
    """YAMNet on LiteRT, from the path of yamnet.tflite.

    Raises:
        TeacherError: The file cannot be read, or is no model.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._interpreter: Any = Interpreter(model_path=str(path), num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise TeacherError(
                f"{path} cannot be read as YAMNet: {error}; set TEARS_YAMNET to yamnet.tflite"
            ) from error
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._silence = self._scores(np.zeros(PATCH_SAMPLES, np.float32))

    def frame_scores(self, waveform: Signal) -> npt.NDArray[np.float32]:
        """Return the scores of all classes in [0, 1] for each frame, float32 of shape [frames, 521].

        The waveform, at 22 050 Hz, is first scaled to -20 dBFS and clipped to [-1, 1]. A frame starts every half frame.
        """
        level = np.sqrt(np.mean(np.square(waveform, dtype=np.float64)) + 1e-20)
        resampled = soxr.resample(waveform, MODEL_RATE_HZ, YAMNET_RATE_HZ)
        resampled = np.clip(resampled * (amplitude(YAMNET_LEVEL_DBFS) / level), -1, 1).astype(np.float32)
        starts = range(0, len(resampled) - PATCH_SAMPLES + 1, PATCH_SAMPLES // 2)
        patches = [resampled[at : at + PATCH_SAMPLES] for at in starts]
        return np.stack([self._scores(patch) if patch.any() else self._silence for patch in patches])

    def _scores(self, patch: Signal) -> npt.NDArray[np.float32]:
        """Return the scores of one frame, [521]."""
        self._interpreter.set_tensor(self._input, patch)
        self._interpreter.invoke()
        return np.array(self._interpreter.get_tensor(self._output), np.float32).reshape(-1)
