"""Results are not lost to a disk that refuses them, and nothing is overwritten unasked."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.processes.small_disk import run_module
from support.processes.tears_command import environment, lines, tears
from support.sound.odd_files import EXACT_FILES, ODD_RATE_HZ, PHONE_FILES, hum

from tears.cli.errors import InputError
from tears.cli.output_files import write_outputs


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return the list of two clips; one has a name that is markup for the terminal."""
    for name in ("[red]a[_red] [_].wav", "b.wav"):
        soundfile.write(tmp_path / name, hum(5), ODD_RATE_HZ)
    path = tmp_path / "list.csv"
    path.write_text("\ufeffpath;label\n[red]a[_red] [_].wav;crying\nb.wav;other\n")
    return path


def test_evaluate_keeps_its_scores_if_the_disk_does_not_take_them(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.jsonl"
    state = tmp_path / "state"
    # To the command, a folder in which a file may have 100 bytes at most is a full disk; so is every other folder.
    code = ("evaluate", "--manifest", str(manifest), "--out", str(out))
    done = run_module("tears.cli", *code, largest_file_bytes=100)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert f"cannot write {out}" in done.stderr
    assert "AUC" in done.stdout
    assert not out.exists()
    assert not state.exists()
    assert not list(tmp_path.rglob("*.part"))


def test_results_that_one_disk_refuses_are_kept_on_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "file").touch()
    wanted = {tmp_path / "file" / "room" / name: lambda name=name: [name.encode()] for name in ("one", "two")}
    with pytest.raises(InputError, match=r"cannot write .*The results are in ") as found:
        write_outputs(wanted)
    kept = Path(found.value.message.split("The results are in ")[1].removesuffix(" instead"))
    assert {path.name: path.read_text() for path in kept.iterdir()} == {"one": "one", "two": "two"}


def test_nothing_is_overwritten_unasked(manifest: Path, tmp_path: Path) -> None:
    clip = tmp_path / "b.wav"
    picture, scores = tmp_path / "b.png", tmp_path / "scores.jsonl"
    results = tmp_path / "out" / "b" / "episodes.jsonl"
    results.parent.mkdir(parents=True)
    commands = {
        picture: ("predict", clip, "--plot"),
        scores: ("evaluate", "--manifest", manifest, "--out", scores),
        results: ("replay", clip, "--out", tmp_path / "out"),
    }
    for path, command in commands.items():
        path.write_text("mine")
        refused = tears(*command)
        assert refused.returncode == 1
        assert f"{path.name} exists already: add --replace" in " ".join(refused.stderr.split())
        assert path.read_text() == "mine"
    assert tears(*commands[scores], "--replace").returncode == 0
    assert [one["path"] for one in lines(scores)] == ["[red]a[_red] [_].wav", "b.wav"]


def test_evaluate_does_not_write_over_its_own_manifest(manifest: Path) -> None:
    before = manifest.read_bytes()
    assert tears("evaluate", "--manifest", manifest, "--out", manifest).returncode == 1
    assert manifest.read_bytes() == before


@pytest.mark.parametrize("name", ["piped.flac", "unclosed.wav", "ffmpeg.ogg", "memo.webm"])
def test_predict_scores_the_whole_of_a_file_whose_header_lies(tmp_path: Path, name: str) -> None:
    {**EXACT_FILES, **PHONE_FILES}[name](tmp_path / name, hum(11))
    result = tears("predict", tmp_path / name, "--json")
    assert result.returncode == 0, result.stderr
    assert [json.loads(line)["start_seconds"] for line in result.stdout.splitlines()] == [0, 5, 10]


def test_predict_says_that_a_clip_was_cut_off_and_scores_what_is_there(tmp_path: Path) -> None:
    clip = tmp_path / "[bold]$x_$[_].wav"
    soundfile.write(clip, np.tile(hum(5), 2), ODD_RATE_HZ)
    clip.write_bytes(clip.read_bytes()[: 2 * 7 * ODD_RATE_HZ])
    result = tears("predict", clip, "--plot")
    assert result.returncode == 0, result.stderr
    assert "[bold]$x_$[_].wav" in result.stdout
    assert result.stderr.count("bytes of sound; what is there was scored") == 1
    assert clip.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_a_full_disk_behind_the_output_is_one_line_and_the_scores_are_kept(manifest: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tears.cli", "evaluate", "--manifest", str(manifest)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "--out", str(tmp_path / "scores.jsonl")],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "Error: the output cannot be written: No space left on device; free space there\n"
    assert len(lines(tmp_path / "scores.jsonl")) == 2
