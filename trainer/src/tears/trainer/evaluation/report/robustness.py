"""How scores change when the same sound is quieter, clipped, muffled, in a room or in noise."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from tears.audio.format import Int16Array, Signal, float_from_int16, int16_from_float
from tears.audio.gain import amplitude
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.own_data.sounds import noises
from tears.trainer.augmentation import acoustics
from tears.trainer.evaluation.clip_figures import false_positives_when_muffled, score_clips
from tears.trainer.manifest import DatasetClip, read_clip

NOISE_BELOW_DB: Final = 15.0


def robustness_figures(clips: Sequence[DatasetClip], scorer: ModelScorer) -> dict[str, Any]:
    """Return the median score of the cries under each change, and the false positives among muffled other sounds.

    The clips are of one split, and the scorer has the pipeline's automatic gain.
    """
    cries = [read_clip(clip) for clip in clips if clip.is_crying]
    rng = np.random.default_rng(1)
    response = acoustics.room_responses(1, rng)[0]
    bank = noises.noise_bank(rng)
    changes: dict[str, Callable[[Int16Array], Int16Array]] = {
        "as recorded": lambda pcm: pcm,
        **{f"{db} dB": _scaled(db) for db in (-10, -20, -30, -40)},
        "clipped by 45 dB": _scaled(45),
        "in a room": lambda pcm: int16_from_float(acoustics.filtered(float_from_int16(pcm), response)),
        "in steady noise": lambda pcm: _noisy(pcm, noises.room_noise(bank, rng)),
    }
    medians = {
        name: round(float(np.median([scorer.score(change(pcm)) for pcm in cries])), 4)
        for name, change in changes.items()
    }
    muffled = false_positives_when_muffled(scorer, score_clips(scorer, clips), clips)
    return {"median_scores": medians, "muffled_false_positives": round(muffled, 4)}


def _scaled(db: float) -> Callable[[Int16Array], Int16Array]:
    return lambda pcm: int16_from_float(float_from_int16(pcm) * np.float32(amplitude(db)))


def _noisy(pcm: Int16Array, noise: Signal) -> Int16Array:
    signal = float_from_int16(pcm)
    return int16_from_float(signal + noise * np.float32(acoustics.active_rms(signal) * amplitude(-NOISE_BELOW_DB)))
