"""`tears label` and `tears slice` take files as recorders, phones and spreadsheets leave them."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.own_data.conftest import Tears, listed_slices, write_labels
from support.sound.odd_files import EXACT_FILES, ODD_RATE_HZ, PHONE_FILES, hum

ALL_FILES = {**EXACT_FILES, **PHONE_FILES}


@pytest.mark.parametrize("name", ["unclosed.wav", "piped.flac", "ffmpeg.ogg", "memo.amr"])
def test_a_recording_whose_header_lies_is_labelled_and_cut_to_its_real_end(
    tears: Tears, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    ALL_FILES[name](path, hum(12))
    labelled = tears("label", path, "crying")
    assert labelled.exit_code == 0, labelled.output
    assert "0:12 min" in labelled.output
    end = float(path.with_name(f"{name}.labels.txt").read_text().split("\t")[1])
    assert end == pytest.approx(12, abs=0.1)

    sliced = tears("slice", path, "--out", tmp_path / "clips", "--gain-db", "0")
    assert sliced.exit_code == 0, sliced.output
    assert [row["start_seconds"] for row in listed_slices(tmp_path / "clips")] == ["0.000000", "5.000000"]


def test_clips_of_a_file_without_a_length_are_those_of_the_same_file_with_one(tears: Tears, tmp_path: Path) -> None:
    sound = hum(40)
    EXACT_FILES["piped.flac"](tmp_path / "piped.flac", sound)
    soundfile.write(tmp_path / "whole.flac", sound, ODD_RATE_HZ)
    clips = {}
    for name in ("piped", "whole"):
        # The second label is cut after the quiet clips of the first file were listened to.
        write_labels(tmp_path / f"{name}.flac", "22\t33\tcrying\n3\t9\ttalk\n")
        assert tears("slice", tmp_path / f"{name}.flac", "--out", tmp_path / name).exit_code == 0
        clips[name] = [soundfile.read(one)[0] for one in sorted((tmp_path / name).rglob("*.wav"))]
    assert len(clips["whole"]) == 3
    np.testing.assert_array_equal(clips["piped"], clips["whole"])


def test_a_folder_says_how_many_files_of_other_kinds_are_left_out(tears: Tears, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "night.flac", hum(6), ODD_RATE_HZ)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "video.mp4").touch()
    (tmp_path / "more.mp4").touch()
    for _ in range(2):
        result = tears("label", tmp_path, "crying", "--replace")
        assert result.exit_code == 0, result.output
        # The label file that the first run has written does not count.
        assert "3 files of other kinds are left out (2 .mp4, 1 .txt)" in result.output


def test_a_dataset_says_how_many_files_of_other_kinds_are_left_out(tears: Tears, tmp_path: Path) -> None:
    (tmp_path / "crying").mkdir()
    soundfile.write(tmp_path / "crying" / "a.wav", hum(5), ODD_RATE_HZ)
    (tmp_path / "crying" / "b.flac").touch()
    result = tears("dataset", "check", tmp_path, "--json")
    assert "1 file of another kind is left out (1 .flac)" in result.output


def test_a_list_of_slices_that_a_spreadsheet_saved_is_read(tears: Tears, tmp_path: Path) -> None:
    recording = tmp_path / "night.flac"
    soundfile.write(recording, hum(12), ODD_RATE_HZ)
    write_labels(recording, "0\t12\tcrying\n")
    out = tmp_path / "clips"
    assert tears("slice", recording, "--out", out).exit_code == 0
    listed = out / "slices.csv"
    with_commas = re.sub(r"(\d)\.(\d)", r"\1,\2", listed.read_text().replace(",", ";"))
    listed.write_text(f"\ufeff{with_commas}")

    assert tears("dataset", "check", out, "--json").exit_code == 1
    again = tears("slice", recording, "--out", out, "--replace")
    assert again.exit_code == 0, again.output
    assert len(listed_slices(out)) == 2


def test_labels_that_an_editor_saved_as_utf_16_are_read(tears: Tears, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "night.flac", hum(12), ODD_RATE_HZ)
    (tmp_path / "night.flac.labels.txt").write_text("0\t12\tcrying\n", encoding="utf-16")
    assert tears("slice", tmp_path / "night.flac", "--out", tmp_path / "clips").exit_code == 0
    assert len(listed_slices(tmp_path / "clips")) == 2
