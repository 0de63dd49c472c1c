"""Scenes on disk, and the command that writes them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.samples.__main__ import main
from tears.samples.errors import SamplesError
from tears.samples.scene import Scene, compose_scene
from tears.samples.scene_files import write_scene


@pytest.fixture(scope="module")
def scene() -> Scene:
    return compose_scene(1, minutes=1.0)


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_a_recording_comes_back_sample_by_sample(scene: Scene, tmp_path: Path, suffix: str) -> None:
    path = write_scene(scene, tmp_path / "new" / "folder", "night", suffix=suffix)

    samples, rate_hz = soundfile.read(path, dtype="int16")
    assert path == tmp_path / "new" / "folder" / f"night{suffix}"
    assert rate_hz == 48_000
    assert np.array_equal(samples, scene.samples)


def test_the_truth_has_the_format_that_scoring_reads(scene: Scene, tmp_path: Path) -> None:
    write_scene(scene, tmp_path, "night")

    truth = json.loads((tmp_path / "night.truth.json").read_text())
    assert list(truth) == ["room", "sample_rate_hz", "duration_seconds", "events"]
    for event in truth["events"]:
        assert list(event) == [
            "start", "end", "label", "category", "level_dbfs", "original_recording", "label_suspect",
        ]  # fmt: skip
        assert event["label"] in {"crying", "other"}
        assert event["original_recording"].startswith("synthetic:")
        assert event["label_suspect"] == 0


def test_a_recording_that_is_being_played_is_not_disturbed_by_a_new_one(scene: Scene, tmp_path: Path) -> None:
    path = write_scene(scene, tmp_path, "night")
    with soundfile.SoundFile(path) as playing:
        begun = playing.read(1_000, dtype="int16")
        write_scene(Scene(scene.samples[::-1], scene.sample_rate_hz, scene.truth), tmp_path, "night")

        assert np.array_equal(np.concatenate([begun, playing.read(dtype="int16")]), scene.samples)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["night.flac", "night.truth.json"]


def test_another_format_is_refused(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match=r"as \.flac or \.wav, not as '\.mp3'"):
        write_scene(scene, tmp_path, "night", suffix=".mp3")


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(SamplesError, match="taken"):
        write_scene(scene, tmp_path / "taken", "night")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tears.samples", *arguments])
    return main()


def test_the_command_writes_a_scene_and_says_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "--out", str(tmp_path), "--seed", "1", "--minutes", "1", "--room", "hum") == 0

    assert capsys.readouterr().out == f"{tmp_path / 'nursery-1.flac'}\n"
    assert json.loads((tmp_path / "nursery-1.truth.json").read_text())["room"] == "hum"


def test_the_command_without_a_seed_writes_the_demo(
    monkeypatch: pytest.MonkeyPatch, scene: Scene, tmp_path: Path
) -> None:
    monkeypatch.setattr("tears.samples.__main__.demo_scene", lambda: scene)

    assert run(monkeypatch, "--out", str(tmp_path), "--suffix", ".wav") == 0

    assert soundfile.info(tmp_path / "nursery.wav").frames == scene.samples.size


def test_an_error_of_the_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "--out", str(tmp_path), "--seed", "1", "--minutes", "0.5") == 1

    assert capsys.readouterr().err == "tears.samples: A scene lasts 1 minute or more, not 0.5\n"


def test_minutes_without_a_seed_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(monkeypatch, "--out", str(tmp_path), "--minutes", "2")

    assert "go with --seed" in capsys.readouterr().err
