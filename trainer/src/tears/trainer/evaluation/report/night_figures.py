"""A model, and the anchors, in nights composed from a split, judged by the alerter's own policy."""

import functools
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import soundfile

from tears.audio.format import int16_from_float
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.policy.episode_rule import Observation
from tears.policy.parameters import Policy
from tears.trainer.evaluation.night_scores import anchor_detections, detections
from tears.trainer.evaluation.nights.compose import Plan, compose_night, write_night
from tears.trainer.evaluation.nights.rooms import ROOMS
from tears.trainer.evaluation.nights.truth import read_truth
from tears.trainer.evaluation.policy_search import THRESHOLDS, Night, candidates, figures_of, merit
from tears.trainer.evaluation.scorers import LoudnessScorer, YamnetScorer
from tears.trainer.recipe.training_windows import code_of

SEEDS: Final = (1, 2, 3, 4)
HOP_SECONDS: Final = 1.0


# What loudness, in dBFS, has in place of a score: 0 here and below, 1 at full scale.
QUIETEST_DBFS: Final = -70.0

# What a night is composed by.
COMPOSED_BY: Final = tuple(f"trainer.evaluation.nights.{name}" for name in ("compose", "recordings", "rooms", "truth"))
# Of the windows of a night, for anchors. In the composed ones, crying lies in a third of them.
OPENING_SHARES: Final = np.array([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4])
LEAST_THRESHOLD: Final = 1e-9

_Hear: TypeAlias = Callable[[npt.NDArray[np.int16], int], list[Observation]]


@dataclass(frozen=True)
class _Task:
    plan: Plan
    out: Path
    hear: _Hear


def heard_nights(dataset: Path, split: str, model: Path, cache: Path, workers: int = 2) -> list[Night]:
    """Composes a night in each room with each of four seeds (or takes it from the cache) and has the model hear it."""
    return _heard_nights(dataset, split, functools.partial(_by_model, model), cache, workers)


def anchor_nights(dataset: Path, cache: Path, workers: int = 2) -> dict[str, Any]:
    """How loudness and, where TEARS_YAMNET names it, YAMNet do in the same nights.

    Each has the policy that suits it best in the validation nights, with thresholds from among its own scores there:
    these are no probabilities.

    Returns:
        For each anchor the policy, and the figures under it of the nights of both splits.
    """
    anchors: dict[str, _Hear] = {"loudness": _by_loudness}
    if yamnet := os.environ.get("TEARS_YAMNET"):
        anchors["YAMNet"] = functools.partial(_by_yamnet, Path(yamnet))
    found = {}
    for name, hear in anchors.items():
        nights = _heard_nights(dataset, "val", hear, cache, workers)
        policy, of_val = best_policy(nights, thresholds_among(nights))
        of_test = figures_of(_heard_nights(dataset, "test", hear, cache, workers), policy)
        found[name] = {"policy": asdict(policy), "val": of_val, "test": of_test}
    return found


def _heard_nights(dataset: Path, split: str, hear: _Hear, cache: Path, workers: int) -> list[Night]:
    manifest = dataset / "manifest.csv"
    made_of = code_of(COMPOSED_BY) + manifest.read_bytes()
    folder = cache / hashlib.sha256(made_of).hexdigest()[:8]
    tasks = [
        _Task(Plan(manifest, split, seed, room=room), folder / f"{split}-{room}-{seed}", hear)
        for room in ROOMS
        for seed in SEEDS
    ]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(_heard, tasks))


def _heard(task: _Task) -> Night:
    truth = task.out.with_name(f"{task.out.name}.truth.json")
    # The truth is written last: where it is, the night is whole.
    if not truth.exists():
        write_night(compose_night(task.plan), task.out)
    samples, rate_hz = soundfile.read(task.out.with_name(f"{task.out.name}.flac"), dtype="float64")
    return Night(read_truth(truth), tuple(task.hear(int16_from_float(samples), rate_hz)))


def _by_model(path: Path, samples: npt.NDArray[np.int16], rate_hz: int) -> list[Observation]:
    return detections(samples, rate_hz, ModelScorer(path), HOP_SECONDS, None)


def _by_yamnet(path: Path, samples: npt.NDArray[np.int16], rate_hz: int) -> list[Observation]:
    return anchor_detections(samples, rate_hz, YamnetScorer(path), HOP_SECONDS)


def _by_loudness(samples: npt.NDArray[np.int16], rate_hz: int) -> list[Observation]:
    heard = anchor_detections(samples, rate_hz, LoudnessScorer(), HOP_SECONDS)
    return [replace(one, score=max(0.0, 1 - (one.score or 0.0) / QUIETEST_DBFS)) for one in heard]


def thresholds_among(nights: Sequence[Night]) -> list[tuple[float, float]]:
    """Thresholds for scores of any scale: some share of all windows opens a bout, twice as many keep it open."""
    scores = [one.score for night in nights for one in night.observations if one.score is not None]
    opens, closes = (np.quantile(scores, 1 - factor * OPENING_SHARES) for factor in (1, 2))
    return [(max(one, LEAST_THRESHOLD), max(other, LEAST_THRESHOLD)) for one, other in zip(opens, closes, strict=True)]


def best_policy(
    nights: Sequence[Night], thresholds: Sequence[tuple[float, float]] = THRESHOLDS
) -> tuple[Policy, dict[str, Any]]:
    """The candidate that does best in these nights, and its figures. For nights of the validation split only."""
    policy = max(candidates(thresholds), key=lambda candidate: merit(figures_of(nights, candidate)))
    return policy, figures_of(nights, policy)
