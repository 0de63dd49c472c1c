"""The labels of a training run, and the split that a recording belongs to. Pure."""

import hashlib
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from tears.own_data.clips.clip_names import group_of

SILENCE: Final = "_silence_"
UNKNOWN: Final = "_unknown_"
SILENCE_INDEX: Final = 0
UNKNOWN_INDEX: Final = 1
BACKGROUND_NOISE: Final = "_background_noise_"

_BUCKETS: Final = 2**27  # 134 217 728


class Split(StrEnum):
    """The use of a recording."""

    TRAINING = "training"
    VALIDATION = "validation"
    TESTING = "testing"


def all_labels(wanted_words: Sequence[str]) -> tuple[str, ...]:
    """Return `_silence_`, `_unknown_` and the wanted words, each at its index."""
    return (SILENCE, UNKNOWN, *wanted_words)


def which_split(path: str | Path, validation_percentage: float, testing_percentage: float) -> Split:
    """Return the split of a file, which depends only on its own name.

    So a file keeps its split when others are added, and clips called ``<recording>_nohash_<k>.wav`` stay together. The
    rule is that of speech_commands' `which_set`: the SHA-1 of the base name, without ``_nohash_`` and what follows it,
    modulo 2**27, in hundredths of 2**27 - 1: the first interval is for validation, the second for testing. In a name
    without ``_nohash_`` the suffix counts, so ``a.wav`` and ``a_nohash_0.wav`` may be in different splits.
    """
    group = os.fsencode(group_of(Path(path).name))
    digest = int.from_bytes(hashlib.sha1(group, usedforsecurity=False).digest())
    per_cent = digest % _BUCKETS * (100.0 / (_BUCKETS - 1))
    if per_cent < validation_percentage:
        return Split.VALIDATION
    if per_cent < validation_percentage + testing_percentage:
        return Split.TESTING
    return Split.TRAINING
