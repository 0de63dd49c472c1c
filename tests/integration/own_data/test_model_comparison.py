"""`tears model install`: a version is compared with the one that is served."""

import json
import shutil
from pathlib import Path

import pytest
from integration.own_data.conftest import Tears
from integration.own_data.model_versions import copy_model, give_verdict, versions
from support.places import SHIPPED_VERSION
from support.processes.tears_command import tears as tears_in_a_process
from support.sound.own_recordings import crying, mixed, room, write_wav

from tears.audio.window import make_model_input
from tears.cli.models import comparison
from tears.own_data.scoring.verdict import HeldOutClip
from tears.own_data.versions.proof import sha256_of
from tears.samples.voices.babies import BABIES
from tears.trainer.evaluation.report.judged_signals import judged_signals


def test_only_our_own_lines_are_printed(models: Path, of_another_base: Path) -> None:
    done = tears_in_a_process("model", "install", of_another_base, "--models", models, "--force")
    assert done.returncode == 0
    assert done.stderr == ""
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["version", "./tears"]


@pytest.fixture
def held_out(tmp_path: Path) -> list[HeldOutClip]:
    """Return two cries and two quiet clips."""
    clips = []
    for k in range(4):
        sound = room(5, 22_050, k, -50) if k % 2 else mixed(crying(5, k, -35, 22_050), room(5, 22_050, k))
        path = write_wav(tmp_path / "held" / f"r{k}_nohash_0.wav", sound)
        clips.append(HeldOutClip(str(path), sha256_of(path), is_crying=k % 2 == 0, recording=f"r{k}"))
    return clips


@pytest.fixture
def of_another_base(tmp_path: Path, held_out: list[HeldOutClip]) -> Path:
    """Return a version whose verdict is on another model than the shipped one."""
    other_base = copy_model(tmp_path / "base")
    folder = give_verdict(copy_model(tmp_path / "new"), better=True, base=other_base, clips=tuple(held_out))
    with (folder / "model.tflite").open("ab") as file:
        file.write(b"more")
    return folder


def test_a_verdict_on_another_model_is_replaced_by_a_new_comparison(
    tears: Tears, models: Path, of_another_base: Path, held_out: list[HeldOutClip]
) -> None:
    folder, path = of_another_base, Path(held_out[-1].path)
    # The shipped model tells these clips apart perfectly; the candidate's verdict says 0.97.
    result = tears("model", "install", folder, "--models", models)
    assert result.exit_code == 1
    assert "beside version 1" in result.output

    path.write_bytes(path.read_bytes()[:-2] + b"\1\1")
    assert "has changed since" in tears("model", "install", folder, "--models", models).output
    path.unlink()
    result = tears("model", "install", folder, "--models", models)
    assert "is gone: fine-tune again" in result.output
    assert versions(models) == ["1"]


@pytest.mark.parametrize("what", ["learnt", "learnt_recordings"])
def test_a_served_model_is_not_measured_on_clips_that_it_has_learnt(
    tears: Tears, models: Path, of_another_base: Path, held_out: list[HeldOutClip], what: str
) -> None:
    give_verdict(models / "1", better=True, base=SHIPPED_VERSION)
    written = json.loads((models / "1" / "verdict.json").read_text())
    written[what] = [held_out[0].sha256 if what == "learnt" else held_out[0].recording]
    (models / "1" / "verdict.json").write_text(json.dumps(written))
    result = tears("model", "install", of_another_base, "--models", models)
    assert result.exit_code == 1
    assert "version 1 has learnt from clips that it was measured on" in result.output


def test_a_new_comparison_includes_the_alarms_of_the_served_model_at_generated_sounds(
    tears: Tears, models: Path, of_another_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads((of_another_base / "verdict.json").read_text())
    written["new"]["rehearsal_alarms"] = 0.5
    (of_another_base / "verdict.json").write_text(json.dumps(written))
    result = tears("model", "install", of_another_base, "--models", models)
    assert "it takes 50.0% of made-up sounds for cries, and the other 0.0%" in result.output

    # With cries in place of those sounds, the served model alarms as well.
    cries = [make_model_input(judged_signals()[baby.name]) for baby in BABIES[:4]]
    monkeypatch.setattr(comparison, "measured_windows", lambda: cries)
    result = tears("model", "install", of_another_base, "--models", models)
    assert "beside version 1, its AUC is 0.900, and the other's 1.000" in result.output


def test_a_served_model_that_cannot_be_asked_is_named_with_its_cure(
    tears: Tears, models: Path, of_another_base: Path
) -> None:
    whole = (models / "1" / "model.tflite").read_bytes()
    for content, says in (
        (whole[:300_000], "is not a model.tflite as tears-train exports it"),
        (whole.replace(b"crying", b"barked"), "has no score of crying, only of barked, other"),
    ):
        (models / "1" / "model.tflite").write_bytes(content)
        result = tears("model", "install", of_another_base, "--models", models)
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit), result.exception
        assert "version 1 cannot be asked: " in result.output
        assert "; ./tears model rollback takes it out" in result.output
        assert says in result.output
    assert versions(models) == ["1"]


def test_a_version_is_compared_with_the_newest_that_has_a_tflite_model(
    tears: Tears, models: Path, tmp_path: Path
) -> None:
    shutil.copytree(SHIPPED_VERSION, models / "4", ignore=shutil.ignore_patterns("model.tflite"))
    (models / "5").mkdir()
    worse = give_verdict(copy_model(tmp_path / "worse"), better=False, base=SHIPPED_VERSION)
    result = tears("model", "install", worse, "--models", models)
    assert result.exit_code == 1, result.output
    assert "its accuracy at the threshold is 0.970" in result.output

    shutil.rmtree(models / "1")
    result = tears("model", "install", worse, "--models", models)
    assert result.exit_code == 1, result.output
    assert "version 5 has no model.tflite to compare with; --force installs it all the same" in result.output
    assert tears("model", "install", worse, "--models", models, "--force").exit_code == 0
    assert versions(models) == ["4", "5", "6"]
