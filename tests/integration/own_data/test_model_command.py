"""`tears model`: versions come into place only if they are better, whole, and can be taken back."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from integration.model_server.served import port_of, serving
from integration.own_data.conftest import Tears
from support.places import SHIPPED_VERSION
from support.processes.small_disk import run_module
from support.processes.tears_command import start_tears
from support.processes.tears_command import tears as tears_in_a_process
from support.sound.own_recordings import crying, mixed, room, write_wav
from support.waiting import wait_until

from tears.audio.format import float_from_int16
from tears.own_data.scoring.merit import Figure, Merit
from tears.own_data.scoring.verdict import HeldOutClip, Verdict, sha256_of, write_verdict
from tears.own_data.sounds import rehearsal

SOME = Figure(0.9, 0.8, 1.0)
OLD = Merit(
    auc=SOME, recall_at_1=Figure(None), recall_at_5=SOME, heard=SOME, false_alarms=Figure(0.0), accuracy=SOME,
    cross_entropy=SOME, rehearsal_alarms=0.0,
)  # fmt: skip


def copy_model(target: Path) -> Path:
    """The shipped model, with other bytes that mean the same."""
    shutil.copytree(SHIPPED_VERSION, target)
    with (target / "model.tflite").open("ab") as file:
        file.write(bytes(16))
    return target


def give_verdict(folder: Path, *, better: bool, base: Path, clips: tuple[HeldOutClip, ...] = ()) -> Path:
    verdict = Verdict(
        made_at="2026-11-23T03:09:55+00:00",
        base=str(base),
        base_sha256=sha256_of(base / "model.tflite"),
        threshold=0.92,
        old=OLD,
        new=replace(OLD, accuracy=Figure(0.97)),
        is_better=better,
        reason="its accuracy at the threshold is 0.970, and the other's 0.900",
        learnt_clips=200,
        held_out=clips,
    )
    write_verdict(folder, verdict)
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of versions with the shipped one in it."""
    shutil.copytree(SHIPPED_VERSION, tmp_path / "models" / "1")
    return tmp_path / "models"


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """A version that is better than the shipped one, by its verdict."""
    return give_verdict(copy_model(tmp_path / "export" / "1"), better=True, base=SHIPPED_VERSION)


def versions(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.name.isdigit())


def history(models: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (models / "history.jsonl").read_text().splitlines()]


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


def test_nothing_but_our_own_lines_is_printed(models: Path, of_another_base: Path) -> None:
    done = tears_in_a_process("model", "install", of_another_base, "--models", models, "--force")
    assert done.returncode == 0
    assert done.stderr == ""
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == ["version", "tears"]


@pytest.mark.parametrize("has_verdict", [True, False])
def test_what_is_not_known_to_be_better_needs_force(
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


@pytest.fixture
def held_out(tmp_path: Path) -> list[HeldOutClip]:
    """Two cries and two quiet clips."""
    clips = []
    for k in range(4):
        sound = room(5, 22_050, k, -50) if k % 2 else mixed(crying(5, k, -35, 22_050), room(5, 22_050, k))
        path = write_wav(tmp_path / "held" / f"r{k}_nohash_0.wav", sound)
        clips.append(HeldOutClip(str(path), sha256_of(path), is_crying=k % 2 == 0, recording=f"r{k}"))
    return clips


@pytest.fixture
def of_another_base(tmp_path: Path, held_out: list[HeldOutClip]) -> Path:
    """A version whose verdict is on another model than the shipped one."""
    other_base = copy_model(tmp_path / "base")
    folder = give_verdict(copy_model(tmp_path / "new"), better=True, base=other_base, clips=tuple(held_out))
    with (folder / "model.tflite").open("ab") as file:
        file.write(b"more")
    return folder


def test_beside_another_model_than_the_verdicts_both_are_compared_anew(
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
def test_a_served_model_is_not_measured_on_what_it_has_learnt(
    tears: Tears, models: Path, of_another_base: Path, held_out: list[HeldOutClip], what: str
) -> None:
    give_verdict(models / "1", better=True, base=SHIPPED_VERSION)
    written = json.loads((models / "1" / "verdict.json").read_text())
    written[what] = [held_out[0].sha256 if what == "learnt" else held_out[0].recording]
    (models / "1" / "verdict.json").write_text(json.dumps(written))
    result = tears("model", "install", of_another_base, "--models", models)
    assert result.exit_code == 1
    assert "version 1 has learnt from clips that it was measured on" in result.output


def test_compared_anew_the_served_model_is_held_to_its_own_alarms_at_made_up_sounds(
    tears: Tears, models: Path, of_another_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads((of_another_base / "verdict.json").read_text())
    written["new"]["rehearsal_alarms"] = 0.5
    (of_another_base / "verdict.json").write_text(json.dumps(written))
    result = tears("model", "install", of_another_base, "--models", models)
    assert "it takes 50.0% of made-up sounds for cries, and the other 0.0%" in result.output

    # Were those sounds cries, the served model would take them for cries as well.
    cries = [float_from_int16(mixed(crying(5, k, -35, 22_050), room(5, 22_050, k))) for k in range(4)]
    monkeypatch.setattr(rehearsal, "measured_windows", lambda: cries)
    result = tears("model", "install", of_another_base, "--models", models)
    assert "beside version 1, its AUC is 0.900, and the other's 1.000" in result.output


def test_a_served_model_that_cannot_be_asked_is_named_with_its_cure(
    tears: Tears, models: Path, of_another_base: Path
) -> None:
    whole = (models / "1" / "model.tflite").read_bytes()
    for content, says in (
        (whole[:300_000], "is no model.tflite as tears-train exports it"),
        (whole.replace(b"crying", b"barked"), "has no score of crying, only of barked, other"),
    ):
        (models / "1" / "model.tflite").write_bytes(content)
        result = tears("model", "install", of_another_base, "--models", models)
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit), result.exception
        assert "version 1 cannot be asked: " in result.output
        assert "; tears model rollback takes it out" in result.output
        assert says in result.output
    assert versions(models) == ["1"]


def test_into_an_empty_folder_anything_goes_that_works(tears: Tears, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    result = tears("model", "install", SHIPPED_VERSION, "--models", tmp_path / "models")
    assert result.exit_code == 0, result.output
    assert versions(tmp_path / "models") == ["1"]


def test_a_newer_version_without_tflite_hides_none_that_can_be_compared_with(
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
        ("garbage", "no TFLite model"),
        ("truncated", "model.tflite"),
        ("no labels", "labels.txt cannot be read"),
        ("other labels", "they are to be the same"),
        ("no cry", "has no 'crying'"),
        ("half a SavedModel", "half a SavedModel"),
        ("another rate", "16000 Hz"),
        ("verdict", "no verdict"),
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


def test_a_rollback_goes_back_one_version_and_numbers_are_never_taken_again(
    tears: Tears, models: Path, candidate: Path
) -> None:
    for _ in range(2):
        assert tears("model", "install", candidate, "--models", models, "--force").exit_code == 0
    result = tears("model", "rollback", "--models", models)
    assert result.exit_code == 0, result.output
    assert versions(models) == ["1", "2"]
    assert (models / "retired" / "3" / "model.tflite").is_file()
    assert [(entry["action"], entry["version"]) for entry in history(models)] == [
        ("install", 2),
        ("install", 3),
        ("rollback", 3),
    ]
    assert tears("model", "install", models / "retired" / "3", "--models", models, "--force").exit_code == 0
    assert versions(models) == ["1", "2", "4"]
    assert tears("model", "rollback", "--to", "1", "--models", models).exit_code == 0
    assert versions(models) == ["1"]
    result = tears("model", "rollback", "--models", models)
    assert result.exit_code == 1
    assert "nothing to go back to" in result.output
    assert "no version 9" in tears("model", "rollback", "--to", "9", "--models", models).output
    assert "newest" in tears("model", "rollback", "--to", "1", "--models", models).output


def test_a_version_from_a_write_protected_folder_can_be_taken_back(tears: Tears, models: Path, candidate: Path) -> None:
    for path in (*candidate.rglob("*"), candidate):
        path.chmod(0o555 if path.is_dir() else 0o400)
    assert tears("model", "install", candidate, "--models", models).exit_code == 0
    # Root may move it whatever the modes are: whoever else installed it needs these.
    for path in (models / "2", *(models / "2").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)
    assert candidate.stat().st_mode & 0o777 == 0o555
    assert tears("model", "rollback", "--models", models).exit_code == 0


def test_few_versions_are_kept_of_those_that_were_taken_back(tears: Tears, models: Path, candidate: Path) -> None:
    for _ in range(7):
        assert tears("model", "install", candidate, "--models", models, "--force").exit_code == 0
        assert tears("model", "rollback", "--models", models).exit_code == 0
    assert sorted(path.name for path in (models / "retired").iterdir()) == ["4", "5", "6", "7", "8"]
    assert len(history(models)) == 14


def test_a_folder_that_is_not_there_is_to_be_made(tears: Tears, candidate: Path, tmp_path: Path) -> None:
    result = tears("model", "install", candidate, "--models", tmp_path / "gone")
    assert result.exit_code == 1
    assert "there is no such folder: make it, or name another" in result.output


def test_two_at_once_do_not_meet(tears: Tears, models: Path, candidate: Path) -> None:
    with (models / ".tears-model.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = tears("model", "install", candidate, "--models", models)
    assert result.exit_code == 1
    assert "try again when it is done" in result.output
    assert versions(models) == ["1"]


def test_a_full_disk_leaves_the_versions_as_they_were(models: Path, candidate: Path) -> None:
    words = ("model", "install", str(candidate), "--models", str(models))
    done = run_module("tears.cli", *words, largest_file_bytes=1_000_000)
    assert done.returncode == 1, done.stderr
    assert "files may not be as large as that: raise the limit" in done.stderr
    assert versions(models) == ["1"]
    assert not list(models.glob(".arriving*"))


def test_a_server_that_watches_takes_a_version_and_gives_it_back(
    tears: Tears, models: Path, candidate: Path, tmp_path: Path
) -> None:
    with serving(models, tmp_path / "server.log") as (process, client):
        wait_until(lambda: client.states("cry").get(1) == "AVAILABLE")
        server = f"localhost:{port_of(process)}"
        result = tears("model", "install", candidate, "--models", models, "--server", server)
        assert result.exit_code == 0, result.output
        assert client.states("cry")[2] == "AVAILABLE"
        assert tears("model", "rollback", "--models", models, "--server", server).exit_code == 0
        assert client.states("cry")[1] == "AVAILABLE"


def test_a_version_that_no_server_takes_is_taken_back(tears: Tears, models: Path, candidate: Path) -> None:
    result = tears("model", "install", candidate, "--models", models, "--server", "localhost:1", "--wait", "0.5")
    assert result.exit_code == 1
    assert "localhost:1 does not serve version 2" in result.output
    assert versions(models) == ["1"]
    assert [entry["action"] for entry in history(models)] == ["install", "rollback"]


def test_ctrl_c_while_a_server_is_waited_for_takes_the_version_back(models: Path, candidate: Path) -> None:
    with socket.create_server(("localhost", 0)) as silent:
        silent.settimeout(60)
        server = f"localhost:{silent.getsockname()[1]}"
        words = ("model", "install", candidate, "--models", models, "--server", server, "--wait", "100")
        with start_tears(*words) as process:
            asked, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
            asked.close()
    assert process.returncode == 1
    assert f"version 2 was taken back: {server} was not seen to serve it" in said
    assert "Traceback" not in said
    assert versions(models) == ["1"]
    assert [(entry["action"], entry["version"]) for entry in history(models)] == [("install", 2), ("rollback", 2)]
