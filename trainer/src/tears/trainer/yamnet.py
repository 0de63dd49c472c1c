"""YAMNet, if it is at hand: an anchor to measure against, and a teacher that has heard two million clips.

It is no part of the product: a path to its .tflite is given from outside.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Signal
from tears.audio.gain import amplitude

RATE_HZ: Final = 16_000
PATCH_SAMPLES: Final = 15_600  # 0.975 s
CLASSES: Final = 521
EMBEDDING: Final = 1024
BABY_CRY: Final = 20
# Laughter of all kinds, crying, whimpering, wailing, cats.
NEAR_CRYING: Final = (*range(13, 23), *range(76, 81))
LEVEL_DBFS: Final = -20.0
_EMBEDDING_SHAPE: Final = (1, 1, 1, EMBEDDING)


@dataclass(frozen=True)
class Heard:
    """What YAMNet hears in frames.

    Attributes:
        scores: float32 of shape [frames, 521], in [0, 1].
        embeddings: float32 of shape [frames, 1024]: what its last layer decides by; never negative.
    """

    scores: npt.NDArray[np.float32]
    embeddings: npt.NDArray[np.float32]


class Yamnet:
    """YAMNet on LiteRT.

    Args:
        path: Of yamnet.tflite.
    """

    def __init__(self, path: Path) -> None:
        with warnings.catch_warnings():
            # It warns that keeping what is inside takes memory; the embedding is inside.
            warnings.simplefilter("ignore", UserWarning)
            self._interpreter: Any = Interpreter(
                model_path=str(path), num_threads=1, experimental_preserve_all_tensors=True
            )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        details = self._interpreter.get_tensor_details()
        inside = next(detail for detail in details if tuple(detail["shape"]) == _EMBEDDING_SHAPE)
        self._embedding, (self._scale, self._zero) = inside["index"], inside["quantization"]
        self._silence = self._frame(np.zeros(PATCH_SAMPLES, np.float32))

    def frame_scores(self, waveform: Signal, starts: Iterable[int] | None = None) -> npt.NDArray[np.float32]:
        """The scores of all classes for each frame, float32 of shape [frames, 521]; see `hear`."""
        return self.hear(waveform, starts).scores

    def hear(self, waveform: Signal, starts: Iterable[int] | None = None) -> Heard:
        """What is heard in each frame of a waveform, levelled to -20 dBFS and clipped to [-1, 1].

        Args:
            waveform: float32 at 22 050 Hz.
            starts: Where frames start, in samples at 16 kHz, each with 15 600 to follow; each half frame by default.
        """
        level = np.sqrt(np.mean(np.square(waveform, dtype=np.float64)) + 1e-20)
        resampled = soxr.resample(waveform, MODEL_RATE_HZ, RATE_HZ)
        resampled = np.clip(resampled * (amplitude(LEVEL_DBFS) / level), -1, 1).astype(np.float32)
        if starts is None:
            starts = range(0, len(resampled) - PATCH_SAMPLES + 1, PATCH_SAMPLES // 2)
        patches = [resampled[at : at + PATCH_SAMPLES] for at in starts]
        frames = [self._frame(patch) if patch.any() else self._silence for patch in patches]
        return Heard(np.stack([scores for scores, _ in frames]), np.stack([embedding for _, embedding in frames]))

    def _frame(self, patch: Signal) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        self._interpreter.set_tensor(self._input, patch)
        self._interpreter.invoke()
        scores = np.array(self._interpreter.get_tensor(self._output), np.float32).reshape(-1)
        embedding = np.array(self._interpreter.get_tensor(self._embedding), np.float32).reshape(-1)
        return scores, (embedding - np.float32(self._zero)) * np.float32(self._scale)
