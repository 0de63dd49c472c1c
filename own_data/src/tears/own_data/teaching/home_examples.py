"""The features of a home's labelled clips. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class HomeExamples:
    """Labelled clips as the model sees them.

    Attributes:
        features: float32 of shape [n, F], of the model that is taught.
        is_crying: bool of shape [n]: what the parent says.
        recordings: What each clip was cut from, such as an episode; its clips are never separated.
        rooms: The room of each clip, empty where it is not known; no room of any if there are none.
    """

    features: npt.NDArray[np.float32]
    is_crying: npt.NDArray[np.bool_]
    recordings: tuple[str, ...]
    rooms: tuple[str, ...] = ()

    def part(self, rows: npt.NDArray[np.bool_]) -> "HomeExamples":
        """Return some of the clips: bool of shape [n]."""
        kept, rooms = (
            tuple(name for name, is_kept in zip(names, rows, strict=False) if is_kept)
            for names in (self.recordings, self.rooms)
        )
        return HomeExamples(self.features[rows], self.is_crying[rows], kept, rooms)

    def recordings_of(self, *, crying: bool) -> list[str]:
        """Return the names of the recordings with clips of one kind, sorted."""
        pairs = zip(self.recordings, self.is_crying.tolist(), strict=True)
        return sorted({name for name, is_crying in pairs if is_crying is crying})


def balanced_weights(
    is_crying: npt.NDArray[np.bool_], recordings: Sequence[object], total: float
) -> npt.NDArray[np.float64]:
    """Return weights that add up to `total`, half for each kind; within a kind each recording has the same share."""
    weights = np.zeros(len(is_crying))
    names = np.unique(np.asarray(recordings), return_inverse=True)[1]
    for kind in (True, False):
        rows = is_crying == kind
        if rows.any():
            counts = np.bincount(names[rows])
            share = 1.0 / counts[names[rows]]
            weights[rows] = share * (total / 2 / share.sum())
    return weights


def folds_of(examples: HomeExamples, count: int) -> npt.NDArray[np.int64]:
    """Return the fold, 0 to count - 1, of each clip: int64 of shape [n].

    The recordings of each kind are dealt out in turn, in the order of the hashes of their names, so that each fold has
    some of both, and a new recording does not reshuffle the others much.
    """
    fold: dict[str, int] = {}
    for kind in (True, False):
        names = sorted(set(examples.recordings_of(crying=kind)) - set(fold), key=_hash)
        fold |= {name: number % count for number, name in enumerate(names)}
    return np.array([fold[name] for name in examples.recordings], np.int64)


def _hash(name: str) -> bytes:
    return hashlib.sha1(name.encode(errors="surrogateescape"), usedforsecurity=False).digest()
