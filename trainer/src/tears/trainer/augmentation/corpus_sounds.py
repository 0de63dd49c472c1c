"""Draws sounds from a corpus on disk, for windows in which nobody cries."""

import csv
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np

from tears.audio.format import Signal, float_from_int16
from tears.trainer.augmentation.acoustics import active_rms
from tears.trainer.corpus.errors import CorpusError
from tears.trainer.corpus.segments_file import ROWS, SEGMENTS
from tears.trainer.corpus.yamnet_scores import CRYING_CLASSES, SCORES

# Where YAMNet has listened, what it takes for crying more surely than this is left out.
MOST_CRYING: Final = 0.6
LEAST_SAMPLES: Final = 2048


class Segments:
    """The corpus in memory, since segments are drawn at random and a disk would be sought each time.

    Packages are weighed, so that one game's thousand sounds do not drown a rare voice.

    Args:
        folder: As `python -m tears.trainer.corpus` makes it, int16 segments at 22 050 Hz, short ones padded with
            zeros; with what YAMNet heard if `tears.trainer.corpus.yamnet_scores` was run.

    Raises:
        CorpusError: The folder holds no corpus.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._samples = np.load(folder / SEGMENTS)
            with (folder / ROWS).open(newline="") as file:
                packages = [row["package"] for row in csv.DictReader(file)]
        except OSError as error:
            raise CorpusError(
                f"{folder} holds no corpus ({error}); make one with python -m tears.trainer.corpus"
            ) from error
        size = Counter(packages)
        weights = np.array([size[package] ** -0.5 for package in packages])
        if (folder / SCORES).exists():
            heard = np.load(folder / SCORES)["max"][:, CRYING_CLASSES]  # float16 [n, 3]
            weights[heard.max(axis=1) > MOST_CRYING] = 0.0
        self._weights = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> Signal:
        """A random segment without the silence at its end, at an active level of 1: float32 of at most 5 s."""
        samples = float_from_int16(self._samples[int(rng.choice(len(self._weights), p=self._weights))])
        sound = np.flatnonzero(samples)
        samples = samples[: max(int(sound[-1]) + 1 if len(sound) else 0, LEAST_SAMPLES)]
        return np.asarray(samples / (active_rms(samples) + 1e-6), np.float32)
