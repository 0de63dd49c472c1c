"""Compare what two heads make of a home's recordings, in the house and in each room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.own_data.teaching.home_examples import HomeExamples

# In a room with few recordings one of them may go either way: in no room may there be more mistakes than before by more
# than one recording, or by this share of its recordings.
ROOM_NOISE_SHARE: Final = 0.1

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """How many of `total` the served model has and the taught one would have."""

    total: int
    served: int
    taught: int


@dataclass(frozen=True)
class RoomComparison:
    """What the taught model would do in one room; the figures are those of `Lesson`, of its recordings only."""

    room: str
    heard: Comparison
    false_alarms: Comparison

    @property
    def is_worse(self) -> bool:
        """Whether it would make more mistakes there than chance explains."""
        recordings = self.heard.total + self.false_alarms.total
        lost = self.heard.served - self.heard.taught
        more = self.false_alarms.taught - self.false_alarms.served
        return lost + more > max(1.0, ROOM_NOISE_SHARE * recordings)


def compare(examples: HomeExamples, before: Scores, after: Scores, threshold: float, *, crying: bool) -> Comparison:
    """Return how many recordings of one kind alert; `before` and `after` are the scores of the clips, [n]."""
    names = examples.recordings_of(crying=crying)
    served, taught = (
        int((recording_peaks(examples, names, scores, crying=crying) >= threshold).sum()) for scores in (before, after)
    )
    return Comparison(len(names), served, taught)


def compare_rooms(
    examples: HomeExamples, before: Scores, after: Scores, threshold: float
) -> tuple[RoomComparison, ...]:
    """Return the same for each room, by name; nothing if the clips are of one room, or do not say of which.

    Clips of an older export may not say it while others do.
    """
    rooms = sorted(set(examples.rooms) - {""})
    if len(rooms) < 2:  # noqa: PLR2004 - one room is the house
        return ()
    found = []
    for room in rooms:
        rows = np.array([one == room for one in examples.rooms])
        part = examples.part(rows)
        heard, false_alarms = (
            compare(part, before[rows], after[rows], threshold, crying=crying) for crying in (True, False)
        )
        found.append(RoomComparison(room, heard, false_alarms))
    return tuple(found)


def recording_peaks(examples: HomeExamples, names: Sequence[str], scores: Scores, *, crying: bool) -> Scores:
    """Return the highest score in each recording, because one window above the threshold is an alert."""
    rows_of: dict[str, list[float]] = {name: [] for name in names}
    for name, is_crying, score in zip(examples.recordings, examples.is_crying.tolist(), scores, strict=True):
        if is_crying is crying:
            rows_of[name].append(float(score))
    return np.array([max(rows) for rows in rows_of.values()])
