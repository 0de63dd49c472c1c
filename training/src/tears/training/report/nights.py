"""A model in nights composed from a split, judged by the alerter's own policy."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import soundfile

from tears.alerter.policy import Policy
from tears.audio import int16_from_float
from tears.training.night_scores import detections
from tears.training.nights.compose import Plan, compose_night, write_night
from tears.training.nights.rooms import ROOMS
from tears.training.nights.truth import read_truth
from tears.training.policy_search import Night, candidates, figures_of, merit
from tears.training.scorers import ModelScorer

SEEDS: Final = (1, 2, 3, 4)
HOP_SECONDS: Final = 1.0


@dataclass(frozen=True)
class _Task:
    plan: Plan
    out: Path
    model: Path


def heard_nights(dataset: Path, split: str, model: Path, cache: Path, workers: int = 2) -> list[Night]:
    """Composes a night in each room with each of four seeds (or takes it from the cache) and has the model hear it."""
    tasks = [
        _Task(Plan(dataset / "manifest.csv", split, seed, room=room), cache / f"{split}-{room}-{seed}", model)
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
    found = detections(int16_from_float(samples), rate_hz, ModelScorer(task.model), HOP_SECONDS, None)
    return Night(read_truth(truth), tuple(found))


def night_figures(nights: Sequence[Night], policy: Policy) -> dict[str, Any]:
    """All nights as one, under a policy."""
    return figures_of(nights, policy)


def best_policy(nights: Sequence[Night]) -> tuple[Policy, dict[str, Any]]:
    """The candidate that does best in these nights, and its figures. For nights of the validation split only."""
    policy = max(candidates(), key=lambda candidate: merit(figures_of(nights, candidate)))
    return policy, figures_of(nights, policy)


def write_detections(nights: Sequence[Night], path: Path) -> None:
    """Keeps what the model said, a line a night, so that policies can be tried without hearing the nights again."""
    lines = [json.dumps([[o.end_seconds, o.score, o.level_dbfs] for o in night.observations]) for night in nights]
    path.write_text("\n".join(lines) + "\n")
