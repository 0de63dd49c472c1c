"""`tears model install` and `tears model list`: only better versions are put into place, and whole."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from integration.own_data.conftest import Tears
from integration.own_data.model_versions import copy_model, give_verdict, history, versions
from support.places import SHIPPED_VERSION

from tears.own_data.versions.proof import sha256_of


def listed(tears: Tears, models: Path) -> list[dict[str, Any]]:
    result = tears("model", "list", "--models", models, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)["versions"]
    return found


def test_a_better_version_becomes_the_next_one_and_is_listed(tears: Tears, models: Path, candidate: Path) -> None:
    result = tears("model", "install", candidate, "--models", models)
    assert result.exit_code == 0, result.output
    assert versions(models) == ["1", "2"]
    for path in candidate.rglob("*"):
        if path.is_file():
            assert (models / "2" / path.relative_to(candidate)).read_bytes() == path.read_bytes()
    newest, shipped = listed(tears, models)
    assert (newest["version"], newest["source"], newest["forced"]) == (2, str(candidate), False)
    assert newest["figures"]["accuracy"] == 0.97
    assert (shipped["version"], shipped["source"], shipped["since"]) == (1, "shipped", None)
    table = tears("model", "list", "--models", models).output
    assert "2 (newest)" in table
    assert "0.970" in table
    (entry,) = history(models)
    assert (entry["action"], entry["version"], entry["sha256"]) == ("install", 2, sha256_of(candidate / "model.tflite"))
    assert not list(models.glob(".arriving*"))


@pytest.mark.parametrize("has_verdict", [True, False])
def test_a_version_that_is_not_known_to_be_better_needs_force(
    tears: Tears, models: Path, tmp_path: Path, *, has_verdict: bool
) -> None:
    folder = copy_model(tmp_path / "worse")
    if has_verdict:
        give_verdict(folder, better=False, base=SHIPPED_VERSION)
    result = tears("model", "install", folder, "--models", models)
    assert result.exit_code == 1
    assert "was not installed" in result.output
    assert "--force" in result.output
    assert versions(models) == ["1"]
    assert not (models / "history.jsonl").exists()

    assert tears("model", "install", folder, "--models", models, "--force").exit_code == 0
    assert versions(models) == ["1", "2"]
    assert listed(tears, models)[0]["forced"] is True


def test_any_version_that_works_may_be_put_into_an_empty_folder(tears: Tears, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    result = tears("model", "install", SHIPPED_VERSION, "--models", tmp_path / "models")
    assert result.exit_code == 0, result.output
    assert versions(tmp_path / "models") == ["1"]


SPOILT: dict[str, Callable[[Path], object]] = {
    "no tflite": lambda folder: (folder / "model.tflite").unlink(),
    "empty": lambda folder: (folder / "model.tflite").write_bytes(b""),
    "huge": lambda folder: os.truncate(folder / "model.tflite", 65 * 2**20),
    "garbage": lambda folder: (folder / "model.tflite").write_bytes(b"no model" * 100),
    "truncated": lambda folder: os.truncate(folder / "model.tflite", 300_000),
    "no labels": lambda folder: (folder / "labels.txt").unlink(),
    "other labels": lambda folder: (folder / "labels.txt").write_text("crying\nquiet\n"),
    "no cry": lambda folder: (folder / "labels.txt").write_text("dog\nother\n"),
    "half a SavedModel": lambda folder: (folder / "variables" / "variables.index").unlink(),
    "another rate": lambda folder: (folder / "waveform.json").write_text('{"sample_rate_hz": 16000}'),
    "verdict": lambda folder: (folder / "verdict.json").write_text("better!"),
}


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("no tflite", "has no model.tflite"),
        ("empty", "has 0 bytes"),
        ("huge", "at most 64 MiB"),
        ("garbage", "is not a TFLite model"),
        ("truncated", "model.tflite"),
        ("no labels", "labels.txt cannot be read"),
        ("other labels", "they must be the same"),
        ("no cry", "has no 'crying'"),
        ("half a SavedModel", "half a SavedModel"),
        ("another rate", "16000 Hz"),
        ("verdict", "is not a verdict"),
    ],
)
def test_a_version_that_cannot_be_used_is_refused_even_by_force(
    tears: Tears, models: Path, candidate: Path, how: str, says: str
) -> None:
    SPOILT[how](candidate)
    result = tears("model", "install", candidate, "--models", models, "--force")
    assert result.exit_code == 1, result.output
    assert says in result.output
    assert versions(models) == ["1"]
    assert not list(models.glob(".arriving*"))
