"""Count the clips that one threshold takes for crying: the figures that a user of the alerter notices."""

from collections.abc import Iterable, Sequence
from typing import Any

from tears.own_data.scoring.figures import Scores
from tears.trainer.manifest import DatasetClip


def threshold_figures(
    clips: Sequence[DatasetClip], scores: Scores, groups: Sequence[str], threshold: float
) -> dict[str, Any]:
    """Return cries found and other sounds taken for crying, each as [count, of how many].

    Args:
        clips: Clips of one split.
        scores: float64 of shape [len(clips)].
        groups: The group of sources of each clip.
        threshold: A clip counts as crying if its score reaches it, as in the alerter's rule.
    """
    taken = [bool(score >= threshold) for score in scores]
    rows = list(zip(clips, groups, taken, strict=True))
    return {
        "threshold": threshold,
        "cries_found": _count(is_taken for clip, _, is_taken in rows if clip.is_crying),
        "cries_found_by_group": _counts((group, is_taken) for clip, group, is_taken in rows if clip.is_crying),
        "false": _count(is_taken for clip, _, is_taken in rows if not clip.is_crying),
        "false_by_category": {
            category: counts
            for category, counts in _counts(
                (clip.category, is_taken) for clip, _, is_taken in rows if not clip.is_crying
            ).items()
            if counts[0]
        },
    }


def _counts(pairs: Iterable[tuple[str, bool]]) -> dict[str, list[int]]:
    found: dict[str, list[bool]] = {}
    for name, is_taken in pairs:
        found.setdefault(name, []).append(is_taken)
    return {name: _count(found[name]) for name in sorted(found)}


def _count(taken: Iterable[bool]) -> list[int]:
    listed = list(taken)
    return [sum(listed), len(listed)]
