"""Figures of a model and its baselines in composed nights, judged by the alerter's own policy."""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from tears.policy.parameters import Policy
from tears.trainer.evaluation.night_set import NightSet, are_scored, scored_nights, scores_key
from tears.trainer.evaluation.policy_search import THRESHOLDS, ScoredNight, candidates, merit, night_figures
from tears.trainer.evaluation.scorers import ScorerFile
from tears.trainer.evaluation.worker_pool import WorkerPool

# Shares of a night's windows that open an episode, to choose a baseline's thresholds from. In the composed nights a
# third of the windows has crying.
OPENING_SHARES: Final = np.array([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4])
LOWEST_THRESHOLD: Final = 1e-9
_POLICIES_AT_ONCE: Final = 40


def default_figures(nights: Sequence[ScoredNight]) -> dict[str, Any]:
    """Return the figures with the alerter's default policy: of all nights, and of the nights in each room."""
    rooms = dict.fromkeys(night.truth.room for night in nights)
    by_room = {room: night_figures([one for one in nights if one.truth.room == room], Policy()) for room in rooms}
    return night_figures(nights, Policy()) | {"by_room": by_room, "threshold": Policy().open_threshold}


def baseline_key(nights: NightSet, scorer: ScorerFile) -> str:
    """Return a hash of what a baseline's figures depend on: the nights, the scorer, and the policies that are tried.

    They do not depend on our model, so a new model's figures can take over those with the same key.
    """
    policies = repr((OPENING_SHARES, list(candidates([(0.5, 0.5)]))))
    return hashlib.sha256(f"{nights.key} {scores_key(scorer)} {policies}".encode()).hexdigest()[:12]


def baseline_is_scored(nights: NightSet, scorer: ScorerFile) -> bool:
    """Return whether the scores of a baseline are in the cache, so that its figures take seconds."""
    return all(are_scored(nights, split, scorer) for split in ("val", "test"))


def baseline_figures(pool: WorkerPool, nights: NightSet, scorer: ScorerFile) -> dict[str, Any]:
    """Return the policy of a baseline, and its figures in the same nights.

    It has the policy that suits it best in the validation nights. Its thresholds are chosen from its own scores there,
    because these are not probabilities.
    """
    val = scored_nights(pool, nights, "val", scorer)
    policy, figures = best_policy(pool, val, thresholds_among(val))
    test = night_figures(scored_nights(pool, nights, "test", scorer), policy)
    return {"key": baseline_key(nights, scorer), "policy": asdict(policy), "val": figures, "test": test}


def thresholds_among(nights: Sequence[ScoredNight]) -> list[tuple[float, float]]:
    """Return thresholds for scores of any scale.

    Each opening threshold is exceeded by a share of all windows, and its closing threshold by twice as many.
    """
    scores = [one.score for night in nights for one in night.observations if one.score is not None]
    opens, closes = (np.quantile(scores, 1 - factor * OPENING_SHARES) for factor in (1, 2))
    pairs = np.maximum(np.stack([opens, closes], axis=1), LOWEST_THRESHOLD)
    return [(float(one), float(other)) for one, other in pairs]


def best_policy(
    pool: WorkerPool, nights: Sequence[ScoredNight], thresholds: Sequence[tuple[float, float]] = THRESHOLDS
) -> tuple[Policy, dict[str, Any]]:
    """Return the candidate with the highest merit in these nights, and its figures. Use validation nights only."""
    policies = list(candidates(thresholds))
    chunks = [policies[at : at + _POLICIES_AT_ONCE] for at in range(0, len(policies), _POLICIES_AT_ONCE)]
    figures = [
        one
        for chunk in pool.map("sets of policies", functools.partial(_chunk_figures, nights), chunks)
        for one in chunk
    ]
    best = max(range(len(policies)), key=lambda k: merit(figures[k]))
    return policies[best], figures[best]


def _chunk_figures(nights: Sequence[ScoredNight], policies: Sequence[Policy]) -> list[dict[str, Any]]:
    return [night_figures(nights, policy) for policy in policies]
