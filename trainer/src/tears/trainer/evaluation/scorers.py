"""What gives a five-second window a score: the shipped model, and the anchors it is measured against."""

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.level import level_dbfs
from tears.own_data.versions.native_silence import native_silence
from tears.trainer.errors import ScorerError
from tears.trainer.frontend import as_waveform
from tears.trainer.manifest import CRYING
from tears.trainer.recipe.windows import model_input
from tears.trainer.yamnet import BABY_CRY, Yamnet


class Scorer(Protocol):
    """Scores windows."""

    def score(self, samples: npt.NDArray[np.int16]) -> float:
        """Higher for crying; int16 of shape [110 250] at 22 050 Hz, as captured."""


class ModelScorer:
    """A model.tflite, fed through the pipeline's own gain.

    Args:
        path: Of the file.
        gain_db: Fixed gain in decibels, None for automatic.

    Raises:
        ScorerError: It is no model with a signature `serving_default` from such a window to a score of crying.
    """

    def __init__(self, path: Path, gain_db: float | None = None) -> None:
        self._gain_db = gain_db
        try:
            # LiteRT tells of its delegate once it first runs.
            with native_silence():
                self._interpreter = Interpreter(model_path=str(path), num_threads=1)
                self._runner = self._interpreter.get_signature_runner("serving_default")
                answer = self._runner(waveform=np.zeros((1, WINDOW_SAMPLES), np.float32))
        except (ValueError, RuntimeError) as error:
            raise ScorerError(
                f"{path} is no model.tflite as tears-train exports it ({error}); export it anew"
            ) from error
        if CRYING not in answer:
            raise ScorerError(f"{path} has no score of {CRYING}, only of {', '.join(sorted(answer))}")

    def score(self, samples: npt.NDArray[np.int16]) -> float:
        """The model's probability of crying."""
        return self.score_waveform(model_input(samples, self._gain_db))

    def score_waveform(self, waveform: npt.NDArray[np.float32]) -> float:
        """The same for what is amplified already, float32 of shape [110 250]."""
        return float(self._runner(waveform=waveform[np.newaxis])[CRYING].reshape(()))


class LoudnessScorer:
    """Loudness alone: the anchor from below."""

    def score(self, samples: npt.NDArray[np.int16]) -> float:
        """The level before gain, in dBFS."""
        return level_dbfs(samples)


class YamnetScorer:
    """YAMNet's "baby cry, infant cry", mean over frames, of the window levelled to -20 dBFS: the anchor to beat.

    Args:
        path: Of yamnet.tflite.
    """

    def __init__(self, path: Path) -> None:
        self._yamnet = Yamnet(path)

    def score(self, samples: npt.NDArray[np.int16]) -> float:
        """The mean score of a baby's cry over the frames."""
        return float(self._yamnet.frame_scores(as_waveform(samples))[:, BABY_CRY].mean())
