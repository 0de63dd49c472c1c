"""Groups of sources, and the counts at a threshold by group and category."""

from pathlib import Path

import numpy as np

from tears.trainer.evaluation.report.variants import left_out_groups
from tears.trainer.evaluation.source_groups import source_group
from tears.trainer.evaluation.threshold_figures import threshold_figures
from tears.trainer.manifest import DatasetClip

DATASETS = (Path("data/dev"), Path("data/dev2"))


def clip_of(source: str, label: str = "crying", folder: str = "dev", category: str = "cat") -> DatasetClip:
    path = Path(f"data/{folder}/clips/x.flac")
    return DatasetClip(path, label, category, source, "a recording", "val", label_suspect=False)


def test_a_source_belongs_to_its_kind_and_after_the_first_dataset_to_its_folder_too() -> None:
    assert source_group(clip_of("github:a/b"), DATASETS) == "github"
    assert source_group(clip_of("esc50"), DATASETS) == "esc50"
    assert source_group(clip_of("github:a/b", folder="dev2"), DATASETS) == "github (dev2)"


def test_sources_with_cries_are_left_out_by_group_and_small_groups_together() -> None:
    clips = [
        clip_of("github:b"),
        clip_of("github:a"),
        clip_of("github:c", "other"),
        clip_of("giulbia"),
        clip_of("esc50"),
    ]
    clips += [clip_of("donateacry"), clip_of("github:d", folder="dev2"), clip_of("github:a")]

    assert left_out_groups(clips, DATASETS) == {
        "donateacry": ("donateacry",),
        "esc50, giulbia": ("esc50", "giulbia"),
        "github": ("github:a", "github:b"),
        "github (dev2)": ("github:d",),
    }


def test_a_score_that_reaches_the_threshold_counts_as_crying() -> None:
    clips = [
        clip_of("esc50"),
        clip_of("esc50"),
        clip_of("github:a"),
        clip_of("esc50", "other"),
        clip_of("esc50", "other"),
    ]
    clips.append(clip_of("esc50", "other", category="dog"))

    found = threshold_figures(clips, np.array([0.4, 0.39, 0.9, 0.4, 0.1, 0.2]), ["a", "a", "b", "a", "a", "a"], 0.4)

    assert found == {
        "threshold": 0.4,
        "cries_found": [2, 3],
        "cries_found_by_group": {"a": [1, 2], "b": [1, 1]},
        "false": [1, 3],
        "false_by_category": {"cat": [1, 2]},
    }
