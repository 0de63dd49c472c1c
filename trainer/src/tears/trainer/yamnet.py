"""YAMNet, a network trained on two million clips: a teacher of our network, and a baseline to compare it with.

It is not part of the product. The path of its .tflite is given from outside.
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

YAMNET_RATE_HZ: Final = 16_000
PATCH_SAMPLES: Final = 15_600  # 0.975 s
YAMNET_CLASSES: Final = 521
YAMNET_EMBEDDING: Final = 1024
BABY_CRY: Final = 20
# Laughter of all kinds, crying, whimpering, wailing, cats.
NEAR_CRYING: Final = (*range(13, 23), *range(76, 81))
YAMNET_LEVEL_DBFS: Final = -20.0
_EMBEDDING_SHAPE: Final = (1, 1, 1, YAMNET_EMBEDDING)


@dataclass(frozen=True)
class TeacherJudgement:
    """YAMNet's answer to each frame of a waveform."""

    scores: npt.NDArray[np.float32]  # [frames, 521], in [0, 1]
    embeddings: npt.NDArray[np.float32]  # [frames, 1024]: the input of its last layer; never negative


class Yamnet:
    """YAMNet on LiteRT, from the path of yamnet.tflite."""

    def __init__(self, path: Path) -> None:
        with warnings.catch_warnings():
            # LiteRT warns that keeping inner tensors takes memory. The embedding is an inner tensor.
            warnings.simplefilter("ignore", UserWarning)
            self._interpreter: Any = Interpreter(
                model_path=str(path), num_threads=1, experimental_preserve_all_tensors=True
            )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        details = self._interpreter.get_tensor_details()
        embedding = next(detail for detail in details if tuple(detail["shape"]) == _EMBEDDING_SHAPE)
        self._embedding, (self._scale, self._zero) = embedding["index"], embedding["quantization"]
        self._silence = self._answer(np.zeros(PATCH_SAMPLES, np.float32))

    def frame_scores(self, waveform: Signal) -> npt.NDArray[np.float32]:
        """Return the scores of all classes for each frame, float32 of shape [frames, 521], as `judge` finds them."""
        return self.judge(waveform).scores

    def judge(self, waveform: Signal, starts: Iterable[int] | None = None) -> TeacherJudgement:
        """Judge each frame of a waveform at 22 050 Hz, which is first scaled to -20 dBFS and clipped to [-1, 1].

        `starts` has the first sample of each frame, at 16 kHz; 15 600 samples must follow it. By default a frame starts
        every half frame.
        """
        level = np.sqrt(np.mean(np.square(waveform, dtype=np.float64)) + 1e-20)
        resampled = soxr.resample(waveform, MODEL_RATE_HZ, YAMNET_RATE_HZ)
        resampled = np.clip(resampled * (amplitude(YAMNET_LEVEL_DBFS) / level), -1, 1).astype(np.float32)
        if starts is None:
            starts = range(0, len(resampled) - PATCH_SAMPLES + 1, PATCH_SAMPLES // 2)
        patches = [resampled[at : at + PATCH_SAMPLES] for at in starts]
        answers = [self._answer(patch) if patch.any() else self._silence for patch in patches]
        scores, embeddings = zip(*answers, strict=True)
        return TeacherJudgement(np.stack(scores), np.stack(embeddings))

    def _answer(self, patch: Signal) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return scores, [521], and embedding, [1024], of one frame."""
        self._interpreter.set_tensor(self._input, patch)
        self._interpreter.invoke()
        scores = np.array(self._interpreter.get_tensor(self._output), np.float32).reshape(-1)
        embedding = np.array(self._interpreter.get_tensor(self._embedding), np.float32).reshape(-1)
        return scores, (embedding - np.float32(self._zero)) * np.float32(self._scale)
