"""What gives a five-second window a score: the shipped model, and the anchors it is measured against."""

from pathlib import Path
from typing import Protocol

from tears.audio.format import Int16Array, float_from_int16
from tears.audio.level import level_dbfs
from tears.trainer.yamnet import BABY_CRY, Yamnet


class Scorer(Protocol):
    """Scores windows."""

    def score(self, samples: Int16Array) -> float:
        """Higher for crying; int16 of shape [110 250] at 22 050 Hz, as captured."""


class LoudnessScorer:
    """Loudness alone: the anchor from below."""

    def score(self, samples: Int16Array) -> float:
        """The level before gain, in dBFS."""
        return level_dbfs(samples)


class YamnetScorer:
    """YAMNet's "baby cry, infant cry", mean over frames, of the window levelled to -20 dBFS: the anchor to beat.

    Args:
        path: Of yamnet.tflite.
    """

    def __init__(self, path: Path) -> None:
        self._yamnet = Yamnet(path)

    def score(self, samples: Int16Array) -> float:
        """The mean score of a baby's cry over the frames."""
        return float(self._yamnet.frame_scores(float_from_int16(samples))[:, BABY_CRY].mean())
