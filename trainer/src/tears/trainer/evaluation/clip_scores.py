"""Score clips as they are, and changed, in worker processes."""

import functools
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from tears.audio.format import Int16Array, Signal, float_from_int16, int16_from_float
from tears.audio.gain import amplitude
from tears.own_data.scoring.figures import Scores
from tears.own_data.sounds import noises
from tears.trainer.augmentation.acoustics import active_rms, filtered, low_passed, room_responses
from tears.trainer.evaluation.scorers import ScorerFile
from tears.trainer.evaluation.worker_pool import WorkerPool
from tears.trainer.manifest import DatasetClip, read_clip

ROBUSTNESS_NOISE_DB: Final = -15.0  # below the active level of a cry
MUFFLED_HZ: Final = 3600.0
_CHUNK: Final = 8  # tasks that a process takes at once

_Change: TypeAlias = Callable[[Int16Array, np.random.Generator], Int16Array]


def clip_scores(
    pool: WorkerPool, scorers: Sequence[ScorerFile], clips: Sequence[DatasetClip], what: str = "clips"
) -> dict[str, Scores]:
    """Return each scorer's scores of clips, float64 of shape [len(clips)], by its name; `what` names the progress."""
    tasks = [(scorer, clip) for scorer in scorers for clip in clips]
    scores = np.array(pool.map(what, _clip_score, tasks, _CHUNK), dtype=np.float64).reshape(len(scorers), len(clips))
    return {scorer.name: of for scorer, of in zip(scorers, scores, strict=True)}


def muffled_scores(pool: WorkerPool, scorer: ScorerFile, clips: Sequence[DatasetClip]) -> Scores:
    """Return the scores of the other sounds without everything above 3.6 kHz, float64 of shape [others]."""
    tasks = [(scorer, clip) for clip in clips if not clip.is_crying]
    return np.array(pool.map("muffled clips", _muffled_score, tasks, _CHUNK), dtype=np.float64)


def changed_scores(pool: WorkerPool, scorer: ScorerFile, clips: Sequence[DatasetClip]) -> dict[str, Scores]:
    """Return the scores of the cries under each change, float64 of shape [cries], by the name of the change."""
    tasks = [(scorer, clip, number) for number, clip in enumerate(clip for clip in clips if clip.is_crying)]
    scores = np.array(pool.map("changed cries", _changed_scores, tasks, _CHUNK), dtype=np.float64)
    return dict(zip(_changes(), scores.T, strict=True))


# A process loads each scorer once.
_loaded = functools.lru_cache(maxsize=4)(ScorerFile.load)


def _clip_score(task: tuple[ScorerFile, DatasetClip]) -> float:
    scorer, clip = task
    return _loaded(scorer).score(read_clip(clip))


def _muffled_score(task: tuple[ScorerFile, DatasetClip]) -> float:
    scorer, clip = task
    return _loaded(scorer).score(low_passed(read_clip(clip), MUFFLED_HZ))


def _changed_scores(task: tuple[ScorerFile, DatasetClip, int]) -> list[float]:
    """Return the score of a cry under each change; its number chooses the noise that is added to it."""
    scorer, clip, number = task
    pcm, rng = read_clip(clip), np.random.default_rng((1, number))
    return [_loaded(scorer).score(change(pcm, rng)) for change in _changes().values()]


@functools.cache
def _changes() -> dict[str, _Change]:
    rng = np.random.default_rng(1)
    response = room_responses(1, rng)[0]
    bank = noises.noise_bank(rng)
    return {
        "as recorded": lambda pcm, _: pcm,
        **{f"{db} dB": _scaled(db) for db in (-10, -20, -30, -40)},
        "clipped by 45 dB": _scaled(45),
        "in a room": lambda pcm, _: int16_from_float(filtered(float_from_int16(pcm), response)),
        "in steady noise": lambda pcm, rng: _noisy(pcm, noises.room_noise(bank, rng)),
    }


def _scaled(db: float) -> _Change:
    return lambda pcm, _: int16_from_float(float_from_int16(pcm) * np.float32(amplitude(db)))


def _noisy(pcm: Int16Array, noise: Signal) -> Int16Array:
    signal = float_from_int16(pcm)
    return int16_from_float(signal + noise * np.float32(active_rms(signal) * amplitude(ROBUSTNESS_NOISE_DB)))
