"""Score five-second windows with the model and with its baselines: loudness, YAMNet and mn04_as."""

import hashlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from tears.audio.format import Int16Array, float_from_int16
from tears.audio.level import level_dbfs
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.own_data.scoring.native_silence import native_silence
from tears.trainer.teachers.mn04_outputs import MN04_BABY_CRY
from tears.trainer.teachers.yamnet import BABY_CRY, Yamnet

# The names of the scorers in tables and in figures.json.
THIS_MODEL: Final = "this model"
LOUDNESS: Final = "loudness"
YAMNET: Final = "YAMNet"
MN04: Final = "mn04"
# The environment variables that name the files of the baselines.
_BASELINE_FILES: Final = {YAMNET: "TEARS_YAMNET", MN04: "TEARS_MN04"}


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


class Mn04Scorer:
    """Scores the "baby cry, infant cry" of mn04_as for the window at -20 dBFS. Loads TensorFlow."""

    def __init__(self, path: Path) -> None:
        # TensorFlow writes about the processor when it is loaded, and again when it first computes.
        with native_silence():
            from tears.trainer.teachers.mn04 import Mn04  # noqa: PLC0415 (TensorFlow takes seconds to load)

            self._mn04, self._baby_cry = Mn04(path), MN04_BABY_CRY

    def score(self, samples: Int16Array) -> float:
        """Return the probability of a baby's cry: the sigmoid of its logit."""
        logits = self._mn04.judge(float_from_int16(samples)[np.newaxis]).logits
        return 1 / (1 + math.exp(-float(logits[0, self._baby_cry])))


@dataclass(frozen=True)
class ScorerFile:
    """A scorer by its name in tables, and the file that it is loaded from; loudness needs none.

    It can be sent to another process, which loads its own scorer.
    """

    name: str
    path: Path | None = None

    def load(self, gain_db: float | None = None) -> WindowScorer:
        """Load the scorer. A model amplifies its windows by `gain_db`, or automatically for None.

        Raises:
            ScorerError: The file is not a model.tflite with a score of crying.
            TeacherError: The file does not hold the weights of mn04_as.
        """
        if self.path is None:
            return LoudnessScorer()
        if self.name == YAMNET:
            return YamnetScorer(self.path)
        if self.name == MN04:
            return Mn04Scorer(self.path)
        return ModelScorer(self.path, gain_db)

    def digest(self) -> bytes:
        """Return a hash of the name and the file, so that what was scored by another file is not used again."""
        content = b"" if self.path is None else self.path.read_bytes()
        return hashlib.sha256(self.name.encode() + content).digest()


def model_and_baselines(model: Path) -> list[ScorerFile]:
    """Return loudness, the model, and the baselines whose files TEARS_YAMNET and TEARS_MN04 name."""
    loudness, *others = baselines()
    return [loudness, ScorerFile(THIS_MODEL, model), *others]


def baselines() -> list[ScorerFile]:
    """Return loudness, YAMNet if TEARS_YAMNET names its .tflite, and mn04 if TEARS_MN04 names its .npz."""
    files = {name: os.environ.get(variable) for name, variable in _BASELINE_FILES.items()}
    return [ScorerFile(LOUDNESS), *(ScorerFile(name, Path(path)) for name, path in files.items() if path)]
