"""Composed windows and their cache."""

from pathlib import Path

import numpy as np
import pytest

from tears.trainer.errors import TeacherError
from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, SPANS
from tears.trainer.manifest import DatasetClip
from tears.trainer.recipe.training_windows import compose_windows


def test_windows_are_composed_once_and_do_not_depend_on_the_number_of_workers(
    small_clips: list[DatasetClip], tmp_path: Path
) -> None:
    one = compose_windows(small_clips, 6, 3, tmp_path / "one", workers=1)
    two = compose_windows(small_clips, 6, 3, tmp_path / "two", workers=2)

    assert one.features.shape == (6, FRONTEND_FRAMES, FRONTEND_BANDS)
    assert np.isfinite(one.features).all()
    assert one.spans.shape == (6, SPANS)
    assert one.teacher_logits is None
    np.testing.assert_array_equal(one.features, two.features)
    np.testing.assert_array_equal(one.labels, two.labels)

    [folder] = (tmp_path / "one").iterdir()
    written = (folder / "features.npy").stat().st_mtime_ns
    again = compose_windows(small_clips, 6, 3, tmp_path / "one", workers=1)
    assert (folder / "features.npy").stat().st_mtime_ns == written
    np.testing.assert_array_equal(one.labels, again.labels)


def test_windows_with_cries_of_a_source_can_be_left_out(small_clips: list[DatasetClip], tmp_path: Path) -> None:
    windows = compose_windows(small_clips, 24, 3, tmp_path, workers=1)
    source = next(clip.source for clip in small_clips if clip.is_crying)
    assert {name for name, label in zip(windows.cry_sources, windows.labels, strict=True) if label} == {source}

    without = windows.without_sources((source,))

    assert len(without.labels) == (windows.labels == 0).sum()
    assert not without.labels.any()
    np.testing.assert_array_equal(without.features, windows.features[windows.labels == 0])
    assert without.key != windows.key
    assert windows.without_sources(()) is windows
    assert len(windows.without_sources((source[:-1],)).labels) == len(windows.labels)


def test_a_teacher_that_cannot_be_read_is_an_error(small_clips: list[DatasetClip], tmp_path: Path) -> None:
    broken = tmp_path / "mn04_as.npz"
    broken.write_bytes(b"PK")

    with pytest.raises(TeacherError, match=r"mn04_as\.npz cannot be read"):
        compose_windows(small_clips, 4, 3, tmp_path / "cache", workers=1, teacher=broken)

    assert list((tmp_path / "cache").iterdir()) == []
