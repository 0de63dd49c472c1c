"""Figures of a model and its baselines in nights composed from a split, judged by the alerter's own policy."""

import functools
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from tears.audio.format import Int16Array
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.policy.episode_rule import Observation
from tears.policy.parameters import Policy
from tears.trainer.evaluation.night_scores import detections, read_night_sound
from tears.trainer.evaluation.nights.compose import NightPlan, compose_night, write_night
from tears.trainer.evaluation.nights.rooms import NIGHT_ROOMS
from tears.trainer.evaluation.nights.truth import read_truth
from tears.trainer.evaluation.policy_search import THRESHOLDS, ScoredNight, candidates, merit, night_figures
from tears.trainer.evaluation.scorers import LoudnessScorer, YamnetScorer
from tears.trainer.source_digest import sources_of

NIGHT_SEEDS: Final = (1, 2, 3, 4)
NIGHT_HOP_SECONDS: Final = 1.0
# Loudness has no score: this level in dBFS and all levels below stand for 0, and full scale for 1.
QUIETEST_SCORED_DBFS: Final = -70.0
# Shares of a night's windows that open an episode, to choose a baseline's thresholds from. In the composed nights a
# third of the windows has crying.
OPENING_SHARES: Final = np.array([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4])
LOWEST_THRESHOLD: Final = 1e-9

_ScoreNight: TypeAlias = Callable[[Int16Array, int], list[Observation]]


def model_nights(dataset: Sequence[Path], split: str, model: Path, cache: Path, workers: int = 2) -> list[ScoredNight]:
    """Compose a night in each room with each of four seeds, or load it from the cache, and score it with the model."""
    return _scored_nights(dataset, split, functools.partial(_by_model, model), cache, workers)


def baseline_nights(dataset: Sequence[Path], cache: Path, workers: int = 2) -> dict[str, Any]:
    """Return the policy of each baseline, and its figures in the same nights; YAMNet is one if TEARS_YAMNET is set.

    Each baseline has the policy that suits it best in the validation nights. Its thresholds are chosen from its own
    scores there, because these are not probabilities.
    """
    baselines: dict[str, _ScoreNight] = {"loudness": _by_loudness}
    if yamnet := os.environ.get("TEARS_YAMNET"):
        baselines["YAMNet"] = functools.partial(_by_yamnet, Path(yamnet))
    figures = {}
    for name, score in baselines.items():
        nights = _scored_nights(dataset, "val", score, cache, workers)
        policy, val = best_policy(nights, thresholds_among(nights))
        test = night_figures(_scored_nights(dataset, "test", score, cache, workers), policy)
        figures[name] = {"policy": asdict(policy), "val": val, "test": test}
    return figures


def _scored_nights(
    dataset: Sequence[Path], split: str, score: _ScoreNight, cache: Path, workers: int
) -> list[ScoredNight]:
    manifests = tuple(folder / "manifest.csv" for folder in dataset)
    made_of = sources_of("tears.trainer.evaluation.nights") + b"".join(path.read_bytes() for path in manifests)
    folder = cache / hashlib.sha256(made_of).hexdigest()[:8]
    plans = [NightPlan(manifests, split, seed, room=room) for room in NIGHT_ROOMS for seed in NIGHT_SEEDS]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(functools.partial(_scored_night, folder, score), plans))


def _scored_night(folder: Path, score: _ScoreNight, plan: NightPlan) -> ScoredNight:
    name = f"{plan.split}-{plan.room}-{plan.seed}"
    truth = folder / f"{name}.truth.json"
    # The truth is written last: if it exists, the night is complete.
    if not truth.exists():
        write_night(compose_night(plan), folder / name)
    samples, rate_hz = read_night_sound(folder / f"{name}.flac")
    return ScoredNight(read_truth(truth), tuple(score(samples, rate_hz)))


def _by_model(path: Path, samples: Int16Array, rate_hz: int) -> list[Observation]:
    return detections(samples, rate_hz, ModelScorer(path, gain_db=0.0), NIGHT_HOP_SECONDS, None)


def _by_yamnet(path: Path, samples: Int16Array, rate_hz: int) -> list[Observation]:
    return detections(samples, rate_hz, YamnetScorer(path), NIGHT_HOP_SECONDS, 0.0)


def _by_loudness(samples: Int16Array, rate_hz: int) -> list[Observation]:
    observations = detections(samples, rate_hz, LoudnessScorer(), NIGHT_HOP_SECONDS, 0.0)
    return [replace(one, score=max(0.0, 1 - (one.score or 0.0) / QUIETEST_SCORED_DBFS)) for one in observations]


def thresholds_among(nights: Sequence[ScoredNight]) -> list[tuple[float, float]]:
    """Return thresholds for scores of any scale.

    Each opening threshold is exceeded by a share of all windows, and its closing threshold by twice as many.
    """
    scores = [one.score for night in nights for one in night.observations if one.score is not None]
    opens, closes = (np.quantile(scores, 1 - factor * OPENING_SHARES) for factor in (1, 2))
    pairs = np.maximum(np.stack([opens, closes], axis=1), LOWEST_THRESHOLD)
    return [(float(one), float(other)) for one, other in pairs]


def best_policy(
    nights: Sequence[ScoredNight], thresholds: Sequence[tuple[float, float]] = THRESHOLDS
) -> tuple[Policy, dict[str, Any]]:
    """Return the candidate with the highest merit in these nights, and its figures. Use validation nights only."""
    policy = max(candidates(thresholds), key=lambda candidate: merit(night_figures(nights, candidate)))
    return policy, night_figures(nights, policy)
