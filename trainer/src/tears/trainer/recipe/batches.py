"""Random batches from several sets of training windows, changed at random anew in each batch."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.trainer.frontend import FRONTEND_BANDS, POWER_FLOOR
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.teachers.mn04_outputs import MN04_EMBEDDING

MUFFLED_SHARE: Final = 0.25
MUFFLED_FROM_BANDS: Final = (38, 50)  # of 64: 2.9 to 5.1 kHz
LOWEST_LOG_POWER: Final = math.log(POWER_FLOOR)  # -13.8


@dataclass(frozen=True)
class WindowBatch:
    """The windows of one step: float32 arrays of shapes [b, 214, 64], [b], [b, 27], [b, 527] and [b, 9, 384].

    The teacher's arrays are None without a teacher. Its embeddings are standardised.
    """

    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]
    spans: npt.NDArray[np.float32]
    teacher_logits: npt.NDArray[np.float32] | None
    teacher_embeddings: npt.NDArray[np.float32] | None


class WindowMixture:
    """Several sets of windows as one. Either all have a teacher's judgements or none has."""

    def __init__(self, sets: Sequence[TrainingWindows]) -> None:
        self._sets = sets
        self._starts = np.cumsum([0, *(len(windows.labels) for windows in sets)])
        judged = [windows.teacher_embeddings for windows in sets if windows.teacher_embeddings is not None]
        self._has_teacher = len(judged) == len(sets)
        if self._has_teacher:
            sample = np.concatenate([embeddings[::50].reshape(-1, MN04_EMBEDDING) for embeddings in judged])
            sample = sample.astype(np.float32)
            self._centre, spread = sample.mean(axis=0), sample.std(axis=0)
            # Without this limit a component that is almost always 0 would count as much as one that varies often.
            # With few windows most components are always 0. Then the limit is 1, because they cannot be divided by 0.
            self._spread = np.maximum(spread, np.median(spread) / 2 or 1.0)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def batch(self, rows: npt.NDArray[np.int64]) -> WindowBatch:
        """Return these rows of all sets together, in ascending order."""
        rows = np.sort(rows)
        bounds = np.searchsorted(rows, self._starts)
        parts = [(windows, rows[bounds[k] : bounds[k + 1]] - self._starts[k]) for k, windows in enumerate(self._sets)]

        def gather(name: str) -> npt.NDArray[np.float32]:
            return np.concatenate([np.asarray(getattr(windows, name)[own], np.float32) for windows, own in parts])

        logits = gather("teacher_logits") if self._has_teacher else None
        embeddings = (gather("teacher_embeddings") - self._centre) / self._spread if self._has_teacher else None
        return WindowBatch(gather("features"), gather("labels"), gather("spans"), logits, embeddings)

    def shuffled(self, size: int, rng: np.random.Generator) -> Iterator[WindowBatch]:
        """Yield all windows once, in masked batches of random order. If less than a batch remains, it is left out.

        A thread makes the next batch while the caller works with the last one.
        """
        order = rng.permutation(len(self))

        def masked_batch(at: int) -> WindowBatch:
            batch = self.batch(order[at : at + size])
            mask(batch.features, rng)
            return batch

        with ThreadPoolExecutor(1) as executor:
            pending = executor.submit(masked_batch, 0)
            for at in range(size, len(self) - size + 1, size):
                batch, pending = pending.result(), executor.submit(masked_batch, at)
                yield batch
            yield pending.result()


def mask(features: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Mask up to two stripes of frequency and two of time in each spectrogram, and shift its level a little.

    One window in four also loses everything above 3 to 5 kHz, as if a telephone had recorded it. This happens to cries
    and other sounds alike, so that the network cannot tell them apart by their bandwidth.

    The features, float32 of shape [n, 214, 64], are changed in place. Park et al., SpecAugment (2019).
    """
    features += rng.normal(0, 0.5, (len(features), 1, 1)).astype(np.float32)
    for window in features:
        fill = float(window.mean())
        if rng.random() < MUFFLED_SHARE:
            muffle(window, rng)
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 9)), int(rng.integers(0, FRONTEND_BANDS))
            window[:, at : at + width] = fill
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 20)), int(rng.integers(0, len(window)))
            window[at : at + width] = fill


def muffle(window: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Remove everything above 3 to 5 kHz from a spectrogram, [214, 64], in place, as a telephone does."""
    lost = window[:, int(rng.integers(*MUFFLED_FROM_BANDS)) :]
    # What remains there is the noise of rounding to 16 bits, amplified by the gain.
    floor = rng.uniform(LOWEST_LOG_POWER, LOWEST_LOG_POWER + 8)
    lost[:] = np.maximum(LOWEST_LOG_POWER, floor + rng.normal(0, 0.6, lost.shape))
