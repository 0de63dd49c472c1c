"""The numbered folders of a model."""

from pathlib import Path

import pytest

from tears.own_data.errors import VersionError
from tears.own_data.versions.version_files import newest_number, read_sample_rate_hz, version_folders, write_waveform


def test_folders_whose_name_is_a_number_are_versions_the_newest_first(tmp_path: Path) -> None:
    for name in ("2", "10", "retired", ".arriving", "1a", "٣"):
        (tmp_path / name).mkdir()
    (tmp_path / "11").touch()

    assert list(version_folders(tmp_path).items()) == [(10, tmp_path / "10"), (2, tmp_path / "2")]


def test_the_newest_number_counts_files_too_so_that_a_new_version_never_meets_one(tmp_path: Path) -> None:
    assert newest_number(tmp_path) == 0
    (tmp_path / "7").mkdir()
    (tmp_path / "9").touch()

    assert newest_number(tmp_path) == 9


def test_the_rate_of_a_version_is_read_as_it_was_written_and_is_22050_where_it_is_missing(tmp_path: Path) -> None:
    assert read_sample_rate_hz(tmp_path) == 22_050
    write_waveform(tmp_path, 80_000, 16_000)

    assert read_sample_rate_hz(tmp_path) == 16_000


def test_a_rate_that_cannot_be_read_is_an_error_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "waveform.json").write_text("{}")

    with pytest.raises(VersionError, match="export the model again"):
        read_sample_rate_hz(tmp_path)
