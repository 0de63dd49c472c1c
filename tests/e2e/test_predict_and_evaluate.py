"""`tears predict` and `tears evaluate`: the model through its server."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.processes.tears_command import lines, tears


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "hiss.flac"
    noise = np.random.default_rng(1).normal(0, 300, 12 * 44_100).astype(np.int16)
    soundfile.write(path, noise, 44_100)
    return path


def test_predict_scores_each_five_seconds(clip: Path) -> None:
    result = tears("predict", clip, "--json")
    assert result.returncode == 0, result.stderr
    pieces = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["start_seconds"] for one in pieces] == [0, 5, 10]
    for one in pieces:
        assert one["path"] == str(clip)
        assert set(one["scores"]) == {"crying", "other"}
        assert (one["model"], one["model_version"]) == ("cry", 1)


def test_predict_prints_a_table(clip: Path) -> None:
    result = tears("predict", clip, "--gain-db", "45")
    assert result.returncode == 0, result.stderr
    assert "45.0 dB" in result.stdout
    assert "crying" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--server", "127.0.0.1:1"), "check --server"),
        (("--version", "99"), "NOT_FOUND"),
        (("--model", "dog"), "NOT_FOUND"),
        (("--version", "1", "--label", "stable"), "a version or a label, not both"),
        (("--gain-db", "loud"), "neither auto nor a number"),
    ],
)
def test_predict_says_what_is_wrong_with_the_choice_of_a_model(
    clip: Path, arguments: tuple[str, ...], says: str
) -> None:
    result = tears("predict", clip, *arguments)
    assert result.returncode != 0
    assert says in " ".join(result.stderr.split())


def test_evaluate_writes_a_score_for_each_row_of_the_split(clip: Path, tmp_path: Path) -> None:
    cry = tmp_path / "tone.wav"
    time_seconds = np.arange(5 * 22_050) / 22_050
    soundfile.write(cry, np.sin(2 * np.pi * 450 * time_seconds) * 0.2, 22_050)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(f"path,label,split\n{clip.name},other,test\ntone.wav,crying,test\ngone.wav,crying,train\n")
    result = tears("evaluate", "--manifest", manifest, "--split", "test", "--out", tmp_path / "scores.jsonl")
    assert result.returncode == 0, result.stderr
    scores = lines(tmp_path / "scores.jsonl")
    assert [(one["path"], one["label"]) for one in scores] == [("hiss.flac", "other"), ("tone.wav", "crying")]
    assert all(0 <= one["cry_score"] <= 1 for one in scores)
    for figure in ("AUC", "best F1", "recall at 1% false positives", "recall at 5% false positives"):
        assert figure in result.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,label\n", "lacks the column path"),
        ("path,label\n", "has no rows"),
        ("path,label\ngone.wav,crying\n", "cannot be read as a clip"),
    ],
)
def test_evaluate_names_what_is_wrong_with_a_manifest(text: str, says: str, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(text)
    result = tears("evaluate", "--manifest", manifest, "--out", tmp_path / "scores.jsonl")
    assert result.returncode == 1
    assert says in " ".join(result.stderr.split())
    assert not (tmp_path / "scores.jsonl").exists()


def test_a_float_file_gets_the_scores_of_the_same_sound_in_16_bits(tmp_path: Path) -> None:
    sound = np.random.default_rng(2).normal(0, 900, 5 * 48_000).astype(np.int16)
    soundfile.write(tmp_path / "pcm.wav", sound, 48_000)
    soundfile.write(tmp_path / "float.wav", sound / 32_768, 48_000, subtype="FLOAT")
    result = tears("predict", tmp_path / "pcm.wav", tmp_path / "float.wav", "--json")
    assert result.returncode == 0, result.stderr
    pcm, floats = (json.loads(line) for line in result.stdout.splitlines())
    assert pcm["level_dbfs"] == floats["level_dbfs"] > -60
    assert pcm["scores"] == floats["scores"]


def test_predict_draws_a_clip_beside_it(clip: Path) -> None:
    result = tears("predict", clip, "--plot")
    assert result.returncode == 0, result.stderr
    assert f"picture: {clip.with_suffix('.png')}" in result.stdout
    assert clip.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_predict_draws_to_a_given_file_and_keeps_its_json_clean(clip: Path, tmp_path: Path) -> None:
    result = tears("predict", clip, "--json", "--plot-to", tmp_path / "pictures" / "hiss.png")
    assert result.returncode == 0, result.stderr
    assert [json.loads(line)["start_seconds"] for line in result.stdout.splitlines()] == [0, 5, 10]
    assert (tmp_path / "pictures" / "hiss.png").read_bytes().startswith(b"\x89PNG")


def test_predict_says_in_one_line_how_to_install_matplotlib(clip: Path, tmp_path: Path) -> None:
    # This makes a Python that does not find matplotlib.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'matplotlib' else find(name, *more)\n"
    )
    result = tears("predict", clip, "--plot", PYTHONPATH=str(tmp_path))
    assert result.returncode == 1
    assert result.stderr == "Error: --plot needs matplotlib, which is not installed: make plot\n"
