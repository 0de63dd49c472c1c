"""Names that are not UTF-8, as old devices write them, are taken; an error about one is a line and no traceback."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from support.processes.tears_command import environment, tears
from support.sound.odd_files import ODD_RATE_HZ, hum

ODD_NAME = os.fsdecode(b"n\xe4cht")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Return a folder whose name is not UTF-8, with a clip in it."""
    (tmp_path / ODD_NAME).mkdir()
    soundfile.write(tmp_path / "a.wav", hum(5), ODD_RATE_HZ)
    return tmp_path / ODD_NAME


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "{odd}/gone.wav"),
        ("dataset", "check", "{odd}"),
        ("slice", "{odd}", "--out", "{odd}/clips"),
        ("model", "install", "{odd}"),
    ],
)
def test_an_error_about_such_a_name_is_one_line(odd: Path, words: tuple[str, ...]) -> None:
    done = tears(*(word.format(odd=odd) for word in words))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert re.search("n[?\ufffd]cht", done.stderr)


def test_results_are_written_into_a_folder_with_such_a_name(odd: Path) -> None:
    manifest = odd.parent / "list.csv"
    manifest.write_text("path,label\na.wav,crying\n")
    done = tears("evaluate", "--manifest", manifest, "--out", odd / "scores.jsonl")
    assert done.returncode == 0, done.stderr
    assert "n?cht/scores.jsonl" in done.stdout
    assert (odd / "scores.jsonl").is_file()


@pytest.fixture
def night(odd: Path) -> Path:
    """Return a recording of 12 s whose own name is not UTF-8 either."""
    path = odd / f"{ODD_NAME}.wav"
    soundfile.write(os.fsencode(path), hum(12), ODD_RATE_HZ)
    return path


def test_a_recording_with_such_a_name_is_labelled_and_cut_into_clips_that_can_be_checked(night: Path) -> None:
    clips = night.parent / "clips"
    done = tears("label", night, "--from", "+1", "--to", "+11", "crying")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in night.parent.iterdir()} == {f"{ODD_NAME}.wav", f"{ODD_NAME}.wav.labels.txt"}
    for more in ((), ("--replace",)):
        done = tears("slice", night, "--out", clips, "--gain-db", "auto", *more)
        assert done.returncode == 0, done.stderr
    assert {path.name for path in (clips / "crying").iterdir()} == {f"nächt_nohash_{k}.wav" for k in range(2)}
    assert "nächt.wav" in (clips / "slices.csv").read_text(encoding="utf-8")
    assert "Traceback" not in tears("dataset", "check", clips).stderr


def test_a_recording_with_such_a_name_is_scored_and_drawn(night: Path) -> None:
    done = tears("predict", night, "--plot")
    assert done.returncode == 0, done.stderr
    assert "n?cht.wav" in done.stdout
    assert night.with_suffix(".png").is_file()
    manifest = night.parent.parent / "list.csv"
    manifest.write_bytes(b"path,label\n" + os.fsencode(night) + b",crying\n")
    done = tears("evaluate", "--manifest", manifest, "--out", night.parent / "scores.jsonl")
    assert done.returncode == 0, done.stderr
    manifest.write_bytes(b"path,label\nl\xe4rm.wav,crying\n")
    done = tears("evaluate", "--manifest", manifest, "--out", night.parent / "more.jsonl")
    assert "save it as UTF-8" in done.stderr


def test_a_recording_with_such_a_name_is_replayed(night: Path) -> None:
    out = night.parent / "out"
    done = tears("replay", night, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "n?cht" in done.stdout
    assert (out / ODD_NAME / "detections.jsonl").read_text().count("\n") == 8


def test_the_trainer_says_in_one_line_what_it_lacks_in_such_a_folder(odd: Path) -> None:
    code = "import importlib.util as u; u.find_spec = str; from tears.trainer.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, f"--data_dir={odd}"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.startswith("tears-train: ")
    assert done.stderr.count("\n") == 1
