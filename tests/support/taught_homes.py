"""Homes made of rows of the shipped guard set, which the guard set of the test then lacks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tears.own_data.teaching.guard_set import GuardSet, read_guard_set
from tears.own_data.teaching.home_examples import HomeExamples

SHIPPED = Path(__file__).parents[2] / "models" / "cry" / "1"
THRESHOLD = 0.55


def home_with_a_false_alarm() -> tuple[HomeExamples, GuardSet]:
    """Return a home with a sound that the shipped model takes for crying, and with cries; each row is a recording."""
    guard = read_guard_set(SHIPPED)
    scores = guard.shipped.scores(guard.features)
    alarms = guard.recordings[~guard.is_crying & (scores >= THRESHOLD)]
    # If several have as many alarms, the one with the most rows: a lesson from few labels is refused.
    noisy = max(set(alarms.tolist()), key=lambda number: ((alarms == number).sum(), (guard.recordings == number).sum()))
    numbers, counts = np.unique(guard.recordings[guard.is_crying], return_counts=True)
    baby = int(numbers[counts.argmax()])
    rows = np.isin(guard.recordings, (noisy, baby))
    names = tuple(f"{number}-{row}" for row, number in enumerate(guard.recordings[rows].tolist()))
    home = HomeExamples(guard.features[rows], guard.is_crying[rows], names)
    return home, without(guard, rows)


def without(guard: GuardSet, rows: npt.NDArray[np.bool_]) -> GuardSet:
    """Return the guard set without some rows: bool [n]."""
    kept = ~rows
    return replace(
        guard,
        features=guard.features[kept],
        is_crying=guard.is_crying[kept],
        recordings=guard.recordings[kept],
    )
