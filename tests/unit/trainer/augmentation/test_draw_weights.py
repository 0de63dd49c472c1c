"""Clips are drawn by their weights: each source has its share, and sounds like crying are frequent."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tears.trainer.augmentation.draw_weights import (
    CRY_SOURCE_SHARES,
    FURTHER_CRY_SOURCES_SHARE,
    MOST_OF_A_SOURCE,
    draw_weights,
)
from tears.trainer.manifest import DatasetClip


def clip_of(
    source: str, recording: str, *, label: str = "crying", split: str = "train", category: str = "x"
) -> DatasetClip:
    return DatasetClip(Path("nowhere.flac"), label, category, source, recording, split, label_suspect=False)


def share(clips: Sequence[DatasetClip], source: str) -> float:
    return float(sum(weight for clip, weight in zip(clips, draw_weights(clips), strict=True) if clip.source == source))


def test_a_source_with_many_recordings_keeps_to_its_share() -> None:
    clips = [clip_of("donateacry", f"d{k}") for k in range(100)] + [clip_of(f"github:{k}", f"g{k}") for k in range(5)]

    weights = draw_weights(clips)

    assert weights.sum() == pytest.approx(1.0)
    # In proportion to its clips the source would have 100 of 105 draws.
    assert 0.3 < weights[:100].sum() < 0.6


def test_slices_of_one_recording_share_its_weight() -> None:
    clips = [clip_of("esc50", "long") for _ in range(4)] + [clip_of("esc50", "short")]

    weights = draw_weights(clips)

    assert weights[:4].sum() == pytest.approx(weights[4])


def test_cats_are_drawn_more_often_than_wind() -> None:
    cat = clip_of("a", "cat", label="other", category="cat")
    wind = clip_of("a", "wind", label="other", category="wind")

    weights = draw_weights([cat, wind])

    assert weights[0] > 1.5 * weights[1]


def test_the_shares_of_cries_are_all_of_them() -> None:
    assert sum(CRY_SOURCE_SHARES.values()) + FURTHER_CRY_SOURCES_SHARE == pytest.approx(1.0)


def test_each_further_source_of_cries_is_drawn_by_the_square_root_of_its_recordings() -> None:
    clips = [clip_of(name, f"{name}-{k}") for name in CRY_SOURCE_SHARES for k in range(30)]
    clips += [clip_of(f"small-{k}", "one") for k in range(30)] + [clip_of("large", str(k)) for k in range(9)]

    assert share(clips, "donateacry") == pytest.approx(CRY_SOURCE_SHARES["donateacry"])
    assert share(clips, "large") == pytest.approx(3 * share(clips, "small-0"))
    assert share(clips, "small-0") == pytest.approx(FURTHER_CRY_SOURCES_SHARE / 33)


def test_no_further_source_has_more_cries_than_the_limit() -> None:
    clips = [clip_of(name, name) for name in CRY_SOURCE_SHARES] + [clip_of("large", str(k)) for k in range(400)]
    clips += [clip_of(f"small-{k}", "one") for k in range(40)]

    assert 0.9 * MOST_OF_A_SOURCE < share(clips, "large") < 1.25 * MOST_OF_A_SOURCE


def test_a_collection_of_cats_does_not_crowd_out_the_others() -> None:
    cats = [clip_of("many cats", str(k // 16), label="other", category="cat") for k in range(160)]
    more = [clip_of(f"cat-{k}", "one", label="other", category="cat") for k in range(40)]
    rain = [clip_of(f"rain-{k}", "one", label="other", category="rain") for k in range(200)]
    clips = [*cats, *more, *rain]

    assert 0.9 * MOST_OF_A_SOURCE < share(clips, "many cats") < 1.25 * MOST_OF_A_SOURCE
    # Each of the other cats still has its full weight beside rain.
    assert share(clips, "cat-0") == pytest.approx(3 * share(clips, "rain-0"))


@pytest.mark.parametrize("category", ["adult_crying", "child_shriek", "child_speech", "animal", "telephone"])
def test_what_is_taken_for_a_cry_is_drawn_more_often_than_wind(category: str) -> None:
    near, wind = (clip_of("a", name, label="other", category=name) for name in (category, "wind"))

    weights = draw_weights([near, wind])

    assert weights[0] > 1.4 * weights[1]
