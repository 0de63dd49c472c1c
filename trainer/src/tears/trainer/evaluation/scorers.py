"""Score five-second windows with the baselines that the model is compared with: loudness and YAMNet."""

import os
from pathlib import Path
from typing import Final, Protocol

from tears.audio.format import Int16Array, float_from_int16
from tears.audio.level import level_dbfs
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.trainer.yamnet import BABY_CRY, Yamnet

THIS_MODEL: Final = "this model"


class WindowScorer(Protocol):
    """Scores windows."""

    def score(self, samples: Int16Array) -> float:
        """Return a score that is higher for crying; int16 of shape [110 250] at 22 050 Hz, as captured."""


class LoudnessScorer:
    """Scores loudness alone: a baseline that every model should beat."""

    def score(self, samples: Int16Array) -> float:
        """Return the level before gain, in dBFS."""
        return level_dbfs(samples)


class YamnetScorer:
    """Scores YAMNet's "baby cry, infant cry" as a mean over frames of the window at -20 dBFS."""

    def __init__(self, path: Path) -> None:
        self._yamnet = Yamnet(path)

    def score(self, samples: Int16Array) -> float:
        """Return the mean score of a baby's cry over the frames."""
        return float(self._yamnet.frame_scores(float_from_int16(samples))[:, BABY_CRY].mean())


def model_and_baselines(model: Path) -> dict[str, WindowScorer]:
    """Return loudness, the model, and YAMNet if TEARS_YAMNET names its .tflite, by their names in tables.

    Raises:
        ScorerError: `model` is not a model.tflite with a score of crying.
    """
    scorers: dict[str, WindowScorer] = {"loudness": LoudnessScorer(), THIS_MODEL: ModelScorer(model)}
    yamnet = os.environ.get("TEARS_YAMNET")
    return scorers | ({"YAMNet": YamnetScorer(Path(yamnet))} if yamnet else {})
