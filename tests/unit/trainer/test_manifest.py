"""The dataset's manifest: no recording is in two splits, and each source has its share."""

import argparse
import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.audio.constants import MODEL_RATE_HZ
from tears.trainer.errors import ManifestError
from tears.trainer.manifest import (
    DatasetClip,
    leaked_clips,
    read_clip,
    read_manifest,
    several_paths,
)


def clip_of(
    source: str, recording: str, *, label: str = "crying", split: str = "train", category: str = "x"
) -> DatasetClip:
    return DatasetClip(Path("nowhere.flac"), label, category, source, recording, split, label_suspect=False)


def test_a_recording_with_clips_in_two_splits_is_found() -> None:
    clips = [clip_of("a", "one"), clip_of("a", "one", split="test"), clip_of("a", "two"), clip_of("a", "two")]

    assert leaked_clips(clips) == [(clips[0], clips[1])]


def test_a_manifest_with_a_recording_in_two_splits_is_refused(small_dataset: Path, tmp_path: Path) -> None:
    text = (small_dataset / "manifest.csv").read_text()
    (tmp_path / "manifest.csv").write_text(text.replace("val-0", "train-0"))

    with pytest.raises(ManifestError, match="train-0"):
        read_manifest(tmp_path)


def copied_rows(dataset: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the dataset's manifest to a folder, with some texts replaced in it."""
    text = (dataset / "manifest.csv").read_text()
    for old, new in changes:
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "manifest.csv").write_text(text)
    return folder


def test_several_folders_are_one_dataset(small_dataset: Path, tmp_path: Path) -> None:
    more = copied_rows(small_dataset, tmp_path / "more", ("clips/", "more/"))

    clips = read_manifest(small_dataset, more)

    assert len(clips) == 16
    assert clips[0].path.parent == small_dataset / "clips"
    assert clips[-1].path.parent == more / "more"
    assert clips[0].original_recording == clips[8].original_recording


def test_a_recording_in_another_split_of_another_folder_is_refused_and_both_are_named(
    small_dataset: Path, tmp_path: Path
) -> None:
    more = copied_rows(small_dataset, tmp_path / "more", ("clips/", "more/"), ("val-0,val", "val-0,train"))

    with pytest.raises(ManifestError, match=rf"val-0 in val \({small_dataset}.*in train \({more}/more/val0"):
        read_manifest(small_dataset, more)


def test_a_path_in_two_manifests_is_refused_and_both_are_named(small_dataset: Path, tmp_path: Path) -> None:
    again = copied_rows(small_dataset, tmp_path / "again")

    with pytest.raises(ManifestError, match=rf"train0\.flac is in {small_dataset}/.* and again in {again}/"):
        read_manifest(small_dataset, again)


def test_paths_are_separated_as_in_the_search_path() -> None:
    assert several_paths(os.pathsep.join(["a", "b/c"])) == (Path("a"), Path("b/c"))
    with pytest.raises(argparse.ArgumentTypeError, match="names no path"):
        several_paths("")


def test_a_missing_manifest_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"manifest\.csv does not exist"):
        read_manifest(tmp_path)


def test_a_manifest_without_a_column_is_an_error_that_names_the_column(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,label,category,source,split\na.flac,crying,x,y,train\n")

    with pytest.raises(ManifestError, match="original_recording"):
        read_manifest(tmp_path)


def test_a_clip_of_another_length_is_an_error_that_names_the_file(
    small_clips: list[DatasetClip], tmp_path: Path
) -> None:
    path = tmp_path / "short.flac"
    soundfile.write(path, np.zeros(100, np.int16), MODEL_RATE_HZ)

    with pytest.raises(ManifestError, match=r"short\.flac"):
        read_clip(dataclasses.replace(small_clips[0], path=path))


def test_a_clip_that_is_broken_or_missing_is_an_error_that_names_the_file(
    small_clips: list[DatasetClip], tmp_path: Path
) -> None:
    path = tmp_path / "cut.flac"
    for content in (None, b"fLaC"):
        if content:
            path.write_bytes(content)
        with pytest.raises(ManifestError, match=r"cut\.flac cannot be read \(.*delete its line"):
            read_clip(dataclasses.replace(small_clips[0], path=path))


def test_no_recording_of_the_real_dataset_is_in_two_splits() -> None:
    folders = os.environ.get("TEARS_DATASET_DIR")
    if folders is None:
        pytest.skip("TEARS_DATASET_DIR is not set")
    clips = read_manifest(*several_paths(folders))

    assert {clip.split for clip in clips} == {"train", "val", "test"}
    assert leaked_clips(clips) == []
