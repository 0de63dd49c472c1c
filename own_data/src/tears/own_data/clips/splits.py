"""The labels, and which recording stands in which split: pure."""

import hashlib
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

SILENCE: Final = "_silence_"
UNKNOWN: Final = "_unknown_"
SILENCE_INDEX: Final = 0
UNKNOWN_INDEX: Final = 1
BACKGROUND_NOISE: Final = "_background_noise_"

_NOHASH: Final = "_nohash_"
_BUCKETS: Final = 2**27  # 134 217 728


class Split(StrEnum):
    """What a recording is used for."""

    TRAINING = "training"
    VALIDATION = "validation"
    TESTING = "testing"


def all_labels(wanted_words: Sequence[str]) -> tuple[str, ...]:
    """`_silence_`, `_unknown_`, then the wanted words: a label's place is its index."""
    return (SILENCE, UNKNOWN, *wanted_words)


def which_split(path: str | Path, validation_percentage: float, testing_percentage: float) -> Split:
    """The split of a file, which depends on nothing but its own name.

    So it stays where it is when others are added, and slices called ``<recording>_nohash_<k>.wav`` stay together.
    As speech_commands' `which_set`: SHA-1 of the base name, without ``_nohash_`` and what follows it, modulo 2**27, in
    hundredths of 2**27 - 1. Without ``_nohash_`` the suffix counts, so ``a.wav`` and ``a_nohash_0.wav`` may part.

    Args:
        path: Of the file; only its base name counts.
        validation_percentage: Share of the first interval.
        testing_percentage: Share of the second.
    """
    name = Path(path).name
    group = name.split(_NOHASH, 1)[0]
    digest = int.from_bytes(hashlib.sha1(os.fsencode(group), usedforsecurity=False).digest())
    per_cent = digest % _BUCKETS * (100.0 / (_BUCKETS - 1))
    if per_cent < validation_percentage:
        return Split.VALIDATION
    if per_cent < validation_percentage + testing_percentage:
        return Split.TESTING
    return Split.TRAINING
