"""Sounds drawn from a corpus on disk, for windows without crying."""

from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np

from tears.audio.format import Signal, float_from_int16
from tears.trainer.augmentation.acoustics import active_rms
from tears.trainer.corpus.segments_file import read_corpus
from tears.trainer.corpus.yamnet_scores import CRYING_CLASSES, YAMNET_SCORES_FILE

# If YAMNet has scored the corpus, a segment that it takes for crying more surely than this is left out.
HIGHEST_CRYING_SCORE: Final = 0.6
SHORTEST_SAMPLES: Final = 2048  # 93 ms


class CorpusSounds:
    """The corpus, kept in memory because random draws from a disk are slow.

    A package's share grows with the square root of its size, so that a game with a thousand sounds does not crowd out
    a rare voice.

    Args:
        folder: What `python -m tears.trainer.corpus` has made, with YAMNet's scores if `yamnet_scores` was run.

    Raises:
        CorpusError: There is no whole corpus in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._samples, rows = read_corpus(folder)
        size = Counter(row["package"] for row in rows)
        weights = np.array([size[row["package"]] ** -0.5 for row in rows])
        if (folder / YAMNET_SCORES_FILE).exists():
            crying = np.load(folder / YAMNET_SCORES_FILE)["max"][:, CRYING_CLASSES]  # float16 [n, 3]
            weights[crying.max(axis=1) > HIGHEST_CRYING_SCORE] = 0.0
        self._weights = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> Signal:
        """Draw a segment without the silence at its end, at an active level of 1: float32 of at most 5 s."""
        samples = float_from_int16(self._samples[int(rng.choice(len(self._weights), p=self._weights))])
        nonzero = np.flatnonzero(samples)
        samples = samples[: max(int(nonzero[-1]) + 1 if len(nonzero) else 0, SHORTEST_SAMPLES)]
        return np.asarray(samples / (active_rms(samples) + 1e-6), np.float32)
