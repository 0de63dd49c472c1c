"""Fit the head of a decision to a home: the smallest change that does what the parent says, and costs no other home.

Each labelled clip asks for its side of the threshold, with a margin. Each row of the guard set asks that the change
does it no harm: its logit may move freely where it is certain, but not across a threshold. The change that does this
best has the least sum of squared violations and squared weights. The problem is convex; Newton's method with a few
hundred unknowns solves it in milliseconds (Keerthi and DeCoste 2005, "A modified finite Newton method for fast solution
of large scale linear SVMs").
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.own_data.teaching.guard_set import GuardSet
from tears.own_data.teaching.home_examples import HomeExamples, balanced_weights
from tears.own_data.versions.decision_head import DecisionHead
from tears.policy.sensitivity import SENSITIVITY_LEVELS

Numbers = npt.NDArray[np.float64]

# The figures below were chosen with homes made of clips of the validation split, guarded by the test split, and the
# other way round: `python -m tears.trainer.teaching.taught_homes` measures them.
# How far beyond its threshold a home's clip should be, in logits: other sounds below it, cries above it.
OTHER_MARGIN: Final = 0.7
CRYING_MARGIN: Final = 0.5
# A row of the guard set may not come closer than this to any threshold, if it was further away.
GUARD_MARGIN: Final = 1.5
# The weights of all clips of the home, and of all rows of the guard set.
HOME_TOTAL: Final = 60.0
GUARD_TOTAL: Final = 200.0
# Of the squared change of the weights, each in standard deviations of its feature.
CHANGE_PENALTY: Final = 10.0
_BIAS_PENALTY: Final = 1e-3
# A row of the guard set that the change would cost counts this much more in the next round.
_HARM_FACTOR: Final = 4.0
_ROUNDS: Final = 8
_NEWTON_STEPS: Final = 60
_CONVERGED: Final = 1e-6
# Features that hardly vary say nothing.
_LEAST_DEVIATION: Final = 1e-3


def guarded_thresholds(threshold: float) -> tuple[float, ...]:
    """Return the thresholds at which the guard set is checked: the home's, and that of each level of sensitivity."""
    return tuple(sorted({threshold, *(level.open_threshold for level in SENSITIVITY_LEVELS.values())}))


def fit_head(
    examples: HomeExamples, guard: GuardSet, threshold: float, references: Sequence[DecisionHead]
) -> DecisionHead:
    """Return the shipped head with the smallest change that suits the home.

    Args:
        examples: The home's labelled clips.
        guard: The guard set of the model.
        threshold: The score at which the home alerts.
        references: The heads that the new one is compared with on the guard set; what one of them gets right should
            stay right.
    """
    thresholds = guarded_thresholds(threshold)
    deviation = guard.features.std(axis=0, dtype=np.float64)
    live = deviation > _LEAST_DEVIATION
    mean, scale = guard.features.mean(axis=0, dtype=np.float64)[live], deviation[live]

    def standardized(features: npt.NDArray[np.float32]) -> Numbers:
        return np.column_stack([(features[:, live] - mean) / scale, np.ones(len(features))])

    rows = np.concatenate([standardized(examples.features), standardized(guard.features)])
    is_crying = np.concatenate([examples.is_crying, guard.is_crying])
    before = guard.shipped.logits(guard.features)
    wanted = np.concatenate(
        [
            np.where(examples.is_crying, _logit(threshold) + CRYING_MARGIN, _logit(threshold) - OTHER_MARGIN)
            - guard.shipped.logits(examples.features),
            np.where(
                guard.is_crying,
                np.minimum(before, _logit(thresholds[-1]) + GUARD_MARGIN),
                np.maximum(before, _logit(thresholds[0]) - GUARD_MARGIN),
            )
            - before,
        ]
    )
    weights = np.concatenate(
        [
            balanced_weights(examples.is_crying, examples.recordings, HOME_TOTAL),
            balanced_weights(guard.is_crying, guard.recordings.tolist(), GUARD_TOTAL),
        ]
    )
    penalty = np.full(rows.shape[1], CHANGE_PENALTY)
    penalty[-1] = _BIAS_PENALTY
    sign = np.where(is_crying, 1.0, -1.0)
    right = _right(guard, thresholds, [one.logits(guard.features) for one in references])
    count = len(examples.is_crying)
    change = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        change = _least_change(rows, wanted, sign, weights, penalty, change)
        harmed = (right & ~_right(guard, thresholds, [before + rows[count:] @ change])).any(axis=1)
        if not harmed.any():
            break
        weights[count:][harmed] *= _HARM_FACTOR
    return _changed(guard.shipped, live, change[:-1] / scale, change[-1] - (mean / scale) @ change[:-1])


def _least_change(
    rows: Numbers, wanted: Numbers, sign: Numbers, weights: Numbers, penalty: Numbers, start: Numbers
) -> Numbers:
    """Minimise half of the weighted squares of what is missing, plus half of the penalty; float64 [k]."""
    change = start
    for _ in range(_NEWTON_STEPS):
        missing = sign * (wanted - rows @ change)
        active = missing > 0
        gradient = penalty * change - rows[active].T @ (weights[active] * missing[active] * sign[active])
        curvature = (rows[active].T * weights[active]) @ rows[active] + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        change = change - step
        if np.abs(step).max() < _CONVERGED:
            break
    return change


def _right(guard: GuardSet, thresholds: Sequence[float], logits: Sequence[Numbers]) -> npt.NDArray[np.bool_]:
    """Return whether each row is on its side of each threshold by one of the logits: bool [n, thresholds]."""
    limits = np.array([_logit(one) for one in thresholds])
    right = [(one[:, np.newaxis] >= limits) == guard.is_crying[:, np.newaxis] for one in logits]
    return np.asarray(np.any(right, axis=0), np.bool_)


def _changed(shipped: DecisionHead, live: npt.NDArray[np.bool_], weights: Numbers, bias: float) -> DecisionHead:
    """Return a head whose calibrated logit is that of `shipped` plus features . weights + bias."""
    new = shipped.weights.astype(np.float64)
    new[live] += weights / shipped.scale
    return DecisionHead(new.astype(np.float32), shipped.bias + bias / shipped.scale, shipped.scale, shipped.offset)


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))
