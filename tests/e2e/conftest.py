"""Recordings for whole runs: a generated scene, and nights composed from real recordings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tears.samples.scene import compose_scene
from tears.samples.scene_files import write_scene
from tears.trainer.manifest import DATASET_HELP, several_paths


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two minutes of a generated nursery."""
    return write_scene(compose_scene(5, minutes=2.0), tmp_path_factory.mktemp("scene"), "scene")


@pytest.fixture(scope="session")
def crying(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording that begins with crying, so that nobody waits for it."""
    events = json.loads(scene.with_suffix(".truth.json").read_text())["events"]
    begin = next(event["start"] for event in events if event["label"] == "crying")
    sound, rate_hz = soundfile.read(scene, dtype="int16")
    path = tmp_path_factory.mktemp("crying") / "crying.wav"
    soundfile.write(path, sound[int(begin * rate_hz) :], rate_hz)
    return path


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return three short nights of recordings that the model was not trained on, each with its truth beside it."""
    dataset = os.environ.get("TEARS_DATASET_DIR")
    if not dataset:
        pytest.skip("needs recordings: set TEARS_DATASET_DIR to a " + DATASET_HELP)
    folder = tmp_path_factory.mktemp("nights")
    found = []
    for seed, room in ((11, "quiet"), (12, "fan"), (13, "rain")):
        out = folder / f"night-{room}"
        command = [
            sys.executable,
            "-m",
            "tears.trainer.evaluation.nights.compose",
            "--manifest",
            os.pathsep.join(f"{folder}/manifest.csv" for folder in several_paths(dataset)),
        ]
        command += ["--split", "test", "--seed", str(seed), "--room", room, "--out", str(out)]
        command += ["--minutes", "5", "--cries", "3", "--others", "5"]
        subprocess.run(command, check=True)
        found.append(out.with_suffix(".flac"))
    return found
