"""Score windows with a model.tflite in this process, without a model server."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Int16Array, Signal
from tears.audio.window import make_model_input
from tears.own_data.errors import ScorerError
from tears.own_data.labels.label_names import CRYING
from tears.own_data.scoring.native_silence import native_silence
from tears.own_data.versions.version_files import SIGNATURE


class ModelScorer:
    """A model.tflite whose windows get the pipeline's gain: `gain_db` decibels, or automatic gain for None.

    Raises:
        ScorerError: The file has no signature `serving_default` that returns a score of crying for a window of 5 s.
    """

    def __init__(self, path: Path, gain_db: float | None = None) -> None:
        self._gain_db = gain_db
        try:
            # LiteRT prints a line about its delegate when it first runs.
            with native_silence():
                self._interpreter = Interpreter(model_path=str(path), num_threads=1)
                self._runner = self._interpreter.get_signature_runner(SIGNATURE)
                answer = self._runner(waveform=np.zeros((1, WINDOW_SAMPLES), np.float32))
        except (ValueError, RuntimeError) as error:
            raise ScorerError(
                f"{path} is not a model.tflite as tears-train exports it ({error}); export it again"
            ) from error
        if CRYING not in answer:
            raise ScorerError(f"{path} has no score of {CRYING}, only of {', '.join(sorted(answer))}")

    def score(self, samples: Int16Array) -> float:
        """Return the model's probability of crying in a window, int16 of shape [110 250], as captured."""
        return self.score_waveform(make_model_input(samples, self._gain_db))

    def score_waveform(self, waveform: Signal) -> float:
        """Return the same for a window that has its gain already, float32 of shape [110 250]."""
        return float(self._runner(waveform=waveform[np.newaxis])[CRYING].reshape(()))
