"""The nights that models are measured in: composed from the dataset, scored window by window, and kept on disk."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from tears.audio.format import Int16Array
from tears.policy.episode_rule import Observation
from tears.trainer.evaluation.night_scores import detections, read_night_sound
from tears.trainer.evaluation.nights.compose import NightPlan, compose_night, write_night
from tears.trainer.evaluation.nights.rooms import NIGHT_ROOMS
from tears.trainer.evaluation.nights.truth import read_truth
from tears.trainer.evaluation.policy_search import ScoredNight
from tears.trainer.evaluation.scorers import LOUDNESS, MN04, THIS_MODEL, YAMNET, ScorerFile
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.source_digest import sources_of

NIGHTS_IN_A_ROOM: Final = 4
NIGHT_HOP_SECONDS: Final = 1.0
# Loudness has no score: this level in dBFS and all levels below stand for 0, and full scale for 1.
QUIETEST_SCORED_DBFS: Final = -70.0
# The code that the scores of a night depend on, besides the night and the scorer's file: of all scorers, and of one.
_SCORING_SOURCES: Final = (
    "tears.audio",
    "tears.trainer.evaluation.night_scores",
    "tears.trainer.evaluation.night_set",
    "tears.trainer.evaluation.scorers",
)
_OWN_SOURCES: Final = {
    MN04: ("tears.trainer.teachers.mn04", "tears.trainer.teachers.mn04_outputs"),
    THIS_MODEL: ("tears.own_data.scoring.model_scorer",),
    YAMNET: ("tears.trainer.teachers.yamnet",),
}


@dataclass(frozen=True)
class NightSet:
    """Four nights in each room of each split, in a folder that is named by a hash of all that they are made of."""

    manifests: tuple[Path, ...]
    folder: Path

    @property
    def key(self) -> str:
        """Return the hash: sets with the same key have the same nights."""
        return self.folder.name

    def plans(self, split: str) -> Iterator[NightPlan]:
        """Yield the plans of a split's nights. Together they use the recordings in turn, so that each is heard."""
        turns = (
            (room, turn) for turn, room in enumerate(room for room in NIGHT_ROOMS for _ in range(NIGHTS_IN_A_ROOM))
        )
        for room, turn in turns:
            yield NightPlan(self.manifests, split, seed=turn + 1, turn=turn, room=room)


@dataclass(frozen=True)
class _NightTask:
    """A night to score, and the file for its scores."""

    plan: NightPlan
    night: Path  # without .flac or .truth.json
    scorer: ScorerFile
    scores: Path


def night_set(datasets: Sequence[Path], cache: Path) -> NightSet:
    """Return the nights of the datasets' splits, whose folder is in the cache; nothing is composed yet."""
    manifests = tuple(folder / "manifest.csv" for folder in datasets)
    made_of = sources_of("tears.trainer.evaluation.nights") + b"".join(path.read_bytes() for path in manifests)
    return NightSet(manifests, cache / hashlib.sha256(made_of).hexdigest()[:8])


def scored_nights(pool: WorkerPool, nights: NightSet, split: str, scorer: ScorerFile) -> list[ScoredNight]:
    """Compose a split's nights and score their windows, or load both from the folder.

    Raises:
        NightError: The dataset has too few recordings for a night.
    """
    return pool.map(f"{split} nights by {scorer.name}", _scored_night, _tasks(nights, split, scorer))


def are_scored(nights: NightSet, split: str, scorer: ScorerFile) -> bool:
    """Return whether all of a split's nights have been scored by this scorer."""
    return all(task.scores.exists() for task in _tasks(nights, split, scorer))


def scores_key(scorer: ScorerFile) -> str:
    """Return a hash of the scorer's file and of the code that scores nights."""
    sources = sources_of(*_SCORING_SOURCES, *_OWN_SOURCES.get(scorer.name, ()))
    return hashlib.sha256(scorer.digest() + sources).hexdigest()[:12]


def _tasks(nights: NightSet, split: str, scorer: ScorerFile) -> list[_NightTask]:
    key = scores_key(scorer)
    paths = [(plan, nights.folder / f"{split}-{plan.room}-{plan.turn}") for plan in nights.plans(split)]
    return [_NightTask(plan, path, scorer, path.with_name(f"{path.name}.{key}.npy")) for plan, path in paths]


def _scored_night(task: _NightTask) -> ScoredNight:
    truth = task.night.with_name(f"{task.night.name}.truth.json")
    # The truth is written last: if it exists, the night is complete.
    if not truth.exists():
        write_night(compose_night(task.plan), task.night)
    if not task.scores.exists():
        samples, rate_hz = read_night_sound(task.night.with_name(f"{task.night.name}.flac"))
        rows = [(one.end_seconds, one.score or 0.0, one.level_dbfs) for one in _observed(task.scorer, samples, rate_hz)]
        unfinished = task.scores.with_suffix(".unfinished.npy")
        np.save(unfinished, np.array(rows, np.float64))
        unfinished.rename(task.scores)
    return ScoredNight(read_truth(truth), tuple(Observation(*row) for row in np.load(task.scores).tolist()))


def _observed(scorer: ScorerFile, samples: Int16Array, rate_hz: int) -> list[Observation]:
    """Score a night; only the model's windows have the pipeline's automatic gain."""
    gain_db = None if scorer.name == THIS_MODEL else 0.0
    observations = detections(samples, rate_hz, scorer.load(gain_db=0.0), NIGHT_HOP_SECONDS, gain_db)
    if scorer.name != LOUDNESS:
        return observations
    return [replace(one, score=max(0.0, 1 - (one.score or 0.0) / QUIETEST_SCORED_DBFS)) for one in observations]
