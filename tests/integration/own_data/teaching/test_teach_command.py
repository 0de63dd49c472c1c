"""`tears teach`: from labelled clips to a served version and back, with the real model server."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from integration.model_server.served import port_of, serving
from integration.own_data.conftest import Tears
from support.home_clips import DOLL_SEEDS, cry, doll, write_clip, write_home
from support.places import SHIPPED_VERSION
from support.waiting import wait_until

from tears.audio.window import make_model_input, make_window
from tears.cli.teach.served_features import open_features
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.own_data.teaching.taught_version import LESSON_FILE, read_lesson_note
from tears.own_data.versions.head_version import read_version_head
from tears.own_data.versions.tflite_head import replace_head
from tears.samples.voices.babies import BABIES
from tears.tfserving import tensors


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Return a folder of versions with the shipped one in it."""
    shutil.copytree(SHIPPED_VERSION, tmp_path / "models" / "cry" / "1")
    return tmp_path / "models" / "cry"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_home(tmp_path_factory.mktemp("home"))


def test_a_taught_version_is_installed_served_and_taken_back(
    tears: Tears, home: Path, models: Path, tmp_path: Path
) -> None:
    taught = tmp_path / "taught"
    whimper = make_model_input(doll(DOLL_SEEDS[0]))[np.newaxis]
    with serving(models, tmp_path / "server.log") as (process, client):
        server = f"localhost:{port_of(process)}"
        wait_until(lambda: client.states("cry").get(1) == "AVAILABLE")
        before = tensors.numbers(client.predict("cry", {"waveform": whimper}).outputs["crying"])
        result = tears("teach", home, "--models", models, "--out", taught, "--use", "--server", server)
        assert result.exit_code == 0, result.output
        assert "taught is better than version 1" in result.output
        answer = client.predict("cry", {"waveform": whimper})
        assert answer.model_spec.version.value == 2
        assert tensors.numbers(answer.outputs["crying"])[0] < 0.55 < before[0]
        assert_differs_in_the_head_alone(models / "2")

        # The next lesson begins with the same clips and finds little to learn.
        again = tears("teach", home, "--models", models, "--out", tmp_path / "again", "--server", server)
        assert again.exit_code == 1
        assert "the model stays as it is" in again.output

        assert tears("model", "rollback", "--models", models, "--server", server).exit_code == 0
        assert tensors.numbers(client.predict("cry", {"waveform": whimper}).outputs["crying"]) == before
    note = read_lesson_note(taught)
    assert note is not None
    assert note.false_alarms.served >= 6
    assert note.false_alarms.taught <= note.false_alarms.served / 2
    assert note.heard.taught == note.heard.total == 8
    assert note.guard_heard.taught >= note.guard_heard.served


def assert_differs_in_the_head_alone(version: Path) -> None:
    old, new = ((folder / "model.tflite").read_bytes() for folder in (SHIPPED_VERSION, version))
    assert old != new == replace_head(old, read_version_head(version))
    for name in ("labels.txt", "waveform.json", "guard_set.npz"):
        assert (version / name).read_bytes() == (SHIPPED_VERSION / name).read_bytes()


def test_one_sided_swapped_and_doubtful_labels_are_refused_in_words(
    tears: Tears, home: Path, models: Path, tmp_path: Path
) -> None:
    one_sided = tmp_path / "one-sided"
    shutil.copytree(home / "other", one_sided / "other")
    write_clip(one_sided / "crying" / "cry-1_nohash_0.wav", cry(BABIES[0], 0))
    result = tears("teach", one_sided, "--models", models, "--out", tmp_path / "out")
    assert (result.exit_code, "label at least 4 in which the baby did cry" in result.output) == (1, True), result.output

    swapped = tmp_path / "swapped"
    shutil.copytree(home / "other", swapped / "crying")
    shutil.copytree(home / "crying", swapped / "other")
    result = tears("teach", swapped, "--models", models, "--out", tmp_path / "out")
    assert (result.exit_code, "were swapped" in result.output) == (1, True), result.output

    slips = tmp_path / "slips"
    shutil.copytree(home, slips)
    shutil.move(slips / "crying" / "cry-3_nohash_0.wav", slips / "other")
    result = tears("teach", slips, "--models", models, "--out", tmp_path / "out")
    assert (result.exit_code, "cry-3" in result.output) == (1, True), result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_without_clips_and_a_model_without_a_guard_set_are_named(
    tears: Tears, home: Path, models: Path, tmp_path: Path
) -> None:
    result = tears("teach", tmp_path, "--models", models, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "Error" in result.output

    (models / "1" / "guard_set.npz").unlink()
    result = tears("teach", home, "--models", models, "--out", tmp_path / "out")
    assert (result.exit_code, "cannot be taught" in result.output) == (1, True), result.output


def test_a_taught_version_of_another_model_is_not_installed(tears: Tears, models: Path, tmp_path: Path) -> None:
    taught = tmp_path / "taught"
    shutil.copytree(SHIPPED_VERSION, taught)
    note = {
        "format": 1, "made_at": "2026-11-30T06:00:00+00:00", "base_sha256": "0" * 64, "threshold": 0.55, "crying": 8,
        "other": 8, "heard": {"total": 8, "served": 8, "taught": 8},
        "false_alarms": {"total": 8, "served": 7, "taught": 1},
        "guard_heard": {"total": 9, "served": 9, "taught": 9},
        "guard_false_alarms": {"total": 9, "served": 1, "taught": 1},
    }  # fmt: skip
    (taught / LESSON_FILE).write_text(json.dumps(note))
    result = tears("model", "install", taught, "--models", models)

    assert (result.exit_code, "teach again" in result.output) == (1, True), result.output
    (taught / LESSON_FILE).write_text("{}")
    result = tears("model", "install", taught, "--models", models)
    assert (result.exit_code, "is not the note of a lesson" in result.output) == (1, True), result.output


def test_the_features_of_the_server_are_those_of_the_file() -> None:
    samples = make_window(cry(BABIES[0], 0), 22_050, None).samples
    with open_features(None, SHIPPED_VERSION.parent) as ask:
        features, version = ask(samples)
    score = ModelScorer(SHIPPED_VERSION / "model.tflite").score(cry(BABIES[0], 0))

    assert version == 1
    np.testing.assert_allclose(read_version_head(SHIPPED_VERSION).scores(features[np.newaxis])[0], score, atol=1e-5)
