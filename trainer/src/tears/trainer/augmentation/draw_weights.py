"""How often each clip of the dataset is drawn. Pure.

Cries: three collections have a share of their own, however many clips they have. One app gave most of the recorded
cries, and a model trained on little else learns that app's microphones. Every further source comes from other
microphones and rooms, so these have half of the draws. Each of them has a part of it that grows with the square root of
its recordings, but no more than `MOST_OF_A_SOURCE`.

Other sounds: a recording's weight is that of its category, times the square root of its clips. The clips that one
source has of one category have no more than `MOST_OF_A_SOURCE` of the draws: one collection has more cats than all
others together, but they are the same ten.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.trainer.manifest import DatasetClip

CRY_SOURCE_SHARES: Final = {"donateacry": 0.30, "esc50": 0.13, "giulbia": 0.05}
FURTHER_CRY_SOURCES_SHARE: Final = 0.52
MOST_OF_A_SOURCE: Final = 0.08

# The sounds that are most often mistaken for a cry are drawn more often.
CATEGORY_WEIGHTS: Final = {
    **dict.fromkeys(("adult_crying", "child_shriek"), 4.0),
    **dict.fromkeys(("cat", "background_noise", "yawn", "child_speech", "children", "scream"), 3.0),
    **dict.fromkeys(("lullaby_music", "singing", "music"), 3.0),
    **dict.fromkeys(("door_wood_creaks", "laughing", "laughter", "baby_laugh", "goat_sheep"), 2.5),
    **dict.fromkeys(("music_ambient", "siren", "rooster", "dog"), 2.0),
    **dict.fromkeys(("animal", "beep", "telephone", "insects"), 1.5),
}


def draw_weights(clips: Sequence[DatasetClip]) -> npt.NDArray[np.float64]:
    """Return how often each clip of one label is drawn: shares, float64 [len(clips)], that sum to 1.

    Each clip of a recording is drawn equally often.
    """
    if not clips:
        return np.zeros(0)
    weights = _cry_weights(clips) if clips[0].is_crying else _other_weights(clips)
    return np.asarray(weights / weights.sum(), np.float64)


def _cry_weights(clips: Sequence[DatasetClip]) -> npt.NDArray[np.float64]:
    recordings_of = Counter(source for source, _ in {_recording(clip) for clip in clips})
    further = {source: count**0.5 for source, count in recordings_of.items() if source not in CRY_SOURCE_SHARES}
    share_of = dict(CRY_SOURCE_SHARES)
    for source, size in further.items():
        share_of[source] = min(MOST_OF_A_SOURCE, FURTHER_CRY_SOURCES_SHARE * size / sum(further.values()))
    clips_of = Counter(_recording(clip) for clip in clips)
    shares = [share_of[clip.source] / recordings_of[clip.source] / clips_of[_recording(clip)] for clip in clips]
    return np.array(shares)


def _other_weights(clips: Sequence[DatasetClip]) -> npt.NDArray[np.float64]:
    clips_of = Counter(_recording(clip) for clip in clips)
    weights = np.array([CATEGORY_WEIGHTS.get(clip.category, 1.0) / clips_of[_recording(clip)] ** 0.5 for clip in clips])
    kinds: dict[Hashable, list[int]] = {}
    for k, clip in enumerate(clips):
        kinds.setdefault((clip.source, clip.category), []).append(k)
    # With so few kinds that all would have to be cut, none is.
    most = MOST_OF_A_SOURCE * weights.sum()
    if len(kinds) * MOST_OF_A_SOURCE >= 1:
        for places in kinds.values():
            weights[places] *= min(1.0, most / weights[places].sum())
    return weights


def _recording(clip: DatasetClip) -> tuple[str, str]:
    return clip.source, clip.original_recording
