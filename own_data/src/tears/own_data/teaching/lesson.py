"""Teach a model a home's clips, and decide whether the result may be offered. Pure."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.own_data.teaching.comparison import Comparison, RoomComparison, compare, compare_rooms, recording_peaks
from tears.own_data.teaching.guard_set import GuardSet
from tears.own_data.teaching.head_fitting import fit_head, guarded_thresholds
from tears.own_data.teaching.home_examples import HomeExamples, folds_of
from tears.own_data.versions.decision_head import DecisionHead

# With fewer recordings of one kind nothing can be held out that the rest still teaches.
LEAST_LABELLED: Final = 4
# It is offered only if it makes at least this share fewer mistakes on recordings that it has not learnt from.
LEAST_GAIN_SHARE: Final = 0.2
MOST_FOLDS: Final = 5
# A recording is doubtful if the shipped model is this sure that it is crying, or that it is not, and the label says
# the opposite. None of the dataset's false alarms reaches the first score, and most cries do.
SURELY_CRYING: Final = 0.9
SURELY_OTHER: Final = 0.05


class Refusal(enum.StrEnum):
    """Why a model is not taught, or a taught one is not offered."""

    FEW_CRYING = "few_crying"
    FEW_OTHER = "few_other"
    # The served model hears the labels the other way round. A parent who has listened again may insist: the home that
    # has most to teach has a cat that is heard better than the baby.
    SWAPPED = "swapped"
    # Some labels are probably slips; here too the parent may insist.
    DOUBTFUL = "doubtful"
    # It makes no mistake on these clips.
    NOTHING_TO_LEARN = "nothing_to_learn"
    # It would unlearn other homes' cries or sounds.
    GUARD = "guard"
    # It would hear fewer of the home's cries.
    CRIES_LOST = "cries_lost"
    SMALL_GAIN = "small_gain"
    # It is better in the house, and worse in one of its rooms.
    ROOM_WORSE = "room_worse"


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What came of teaching.

    Attributes:
        threshold: The score at which the home alerts.
        refusal: Why the taught model is not offered; None if it is.
        head: The taught head, fitted to all clips; None if there were not enough labels for one.
        crying: Recordings that the parent calls crying.
        other: Recordings that the parent calls something else.
        heard: Of the recordings of crying, those that alert; each is judged by a head that has not learnt from it.
        false_alarms: The same of the other recordings.
        guard_heard: Of the guard set's cries, those at or above the threshold.
        guard_false_alarms: The same of its other sounds.
        doubtful: Recordings that the shipped model hears very differently; it is worth listening to them again.
        rooms: `heard` and `false_alarms` of each room, if the clips are of several.
    """

    threshold: float
    refusal: Refusal | None
    head: DecisionHead | None
    crying: int
    other: int
    heard: Comparison
    false_alarms: Comparison
    guard_heard: Comparison
    guard_false_alarms: Comparison
    doubtful: tuple[str, ...] = ()
    rooms: tuple[RoomComparison, ...] = ()


def hold_lesson(
    examples: HomeExamples, guard: GuardSet, served: DecisionHead, threshold: float, *, has_listened_again: bool = False
) -> Lesson:
    """Fit a head to all clips, and compare it with the served one.

    The comparison on the home's own recordings is a cross-validation: each recording is scored by a head that was
    fitted without it. The taught model is offered if it makes at least a fifth fewer mistakes there, misses no more
    cries, is not worse than the served and the shipped model on the guard set, at any level of sensitivity, and in no
    room makes more mistakes than chance explains.

    Args:
        examples: All labelled clips of the home.
        guard: The guard set of the model.
        served: The head of the version that is served.
        threshold: The score at which the home alerts.
        has_listened_again: Whether the parent keeps the labels after a refusal as swapped or doubtful.
    """
    names = {kind: examples.recordings_of(crying=kind) for kind in (True, False)}
    before = served.scores(examples.features)
    doubtful = _doubtful(examples, guard.shipped.scores(examples.features))
    refusal = _label_refusal(names)
    if refusal is None and not has_listened_again:
        is_swapped = _is_swapped(examples, names, before)
        refusal = Refusal.SWAPPED if is_swapped else Refusal.DOUBTFUL if doubtful else None
    if refusal is None and _is_flawless(examples, names, before, threshold):
        refusal = Refusal.NOTHING_TO_LEARN
    if refusal:
        after, head = before, None
    else:
        references = (guard.shipped, served)
        after = np.empty_like(before)
        folds = folds_of(examples, min(MOST_FOLDS, len(names[True]), len(names[False])))
        for fold in range(folds.max() + 1):
            held_out = folds == fold
            fitted = fit_head(examples.part(~held_out), guard, threshold, references)
            after[held_out] = fitted.scores(examples.features[held_out])
        head = fit_head(examples, guard, threshold, references)
    heard = compare(examples, before, after, threshold, crying=True)
    false_alarms = compare(examples, before, after, threshold, crying=False)
    rooms = compare_rooms(examples, before, after, threshold)
    if head is not None:
        refusal = _late_refusal(guard, served, head, threshold, heard, false_alarms)
        if refusal is None and any(room.is_worse for room in rooms):
            refusal = Refusal.ROOM_WORSE
    new = head or served
    is_crying = guard.is_crying
    return Lesson(
        threshold=threshold,
        refusal=refusal,
        head=head,
        crying=len(names[True]),
        other=len(names[False]),
        heard=heard,
        false_alarms=false_alarms,
        guard_heard=_guarded(guard, served, new, threshold, is_crying),
        guard_false_alarms=_guarded(guard, served, new, threshold, ~is_crying),
        doubtful=doubtful,
        rooms=rooms,
    )


def _label_refusal(names: Mapping[bool, Sequence[str]]) -> Refusal | None:
    if len(names[True]) < LEAST_LABELLED:
        return Refusal.FEW_CRYING
    return Refusal.FEW_OTHER if len(names[False]) < LEAST_LABELLED else None


def _is_swapped(examples: HomeExamples, names: Mapping[bool, Sequence[str]], scores: npt.NDArray[np.float64]) -> bool:
    medians = {kind: float(np.median(recording_peaks(examples, names[kind], scores, crying=kind))) for kind in names}
    return medians[False] > medians[True]


def _is_flawless(
    examples: HomeExamples, names: Mapping[bool, Sequence[str]], scores: npt.NDArray[np.float64], threshold: float
) -> bool:
    peaks = {kind: recording_peaks(examples, names[kind], scores, crying=kind) for kind in names}
    return bool((peaks[True] >= threshold).all() and (peaks[False] < threshold).all())


def _late_refusal(
    guard: GuardSet,
    served: DecisionHead,
    taught: DecisionHead,
    threshold: float,
    heard: Comparison,
    false_alarms: Comparison,
) -> Refusal | None:
    for level in guarded_thresholds(threshold):
        for reference in (guard.shipped, served):
            cries = _guarded(guard, reference, taught, level, guard.is_crying)
            others = _guarded(guard, reference, taught, level, ~guard.is_crying)
            if cries.taught < cries.served or others.taught > others.served:
                return Refusal.GUARD
    if heard.taught < heard.served:
        return Refusal.CRIES_LOST
    mistakes = heard.total - heard.served + false_alarms.served
    fewer = mistakes - (heard.total - heard.taught + false_alarms.taught)
    return None if fewer >= max(1.0, LEAST_GAIN_SHARE * mistakes) else Refusal.SMALL_GAIN


def _guarded(
    guard: GuardSet, before: DecisionHead, after: DecisionHead, threshold: float, rows: npt.NDArray[np.bool_]
) -> Comparison:
    features = guard.features[rows]
    counts = [int((head.scores(features) >= threshold).sum()) for head in (before, after)]
    return Comparison(len(features), *counts)


def _doubtful(examples: HomeExamples, scores: npt.NDArray[np.float64]) -> tuple[str, ...]:
    found = []
    for kind in (True, False):
        names = examples.recordings_of(crying=kind)
        peaks = recording_peaks(examples, names, scores, crying=kind)
        is_doubtful = peaks < SURELY_OTHER if kind else peaks >= SURELY_CRYING
        found += [name for name, doubt in zip(names, is_doubtful.tolist(), strict=True) if doubt]
    return tuple(sorted(found))
