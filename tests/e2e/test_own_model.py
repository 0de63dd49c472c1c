"""The way of a parent: record, label, slice, check, adapt a model, install it, and take it back."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from integration.model_server.served import port_of, serving
from support.places import SHIPPED_VERSION
from support.processes.tears_command import environment, tears
from support.sound.own_recordings import at, crying, room, write_session
from support.waiting import wait_until

RATE = 16_000
ZONE = ("--timezone", "Europe/Berlin")


def run(*words: str | Path) -> str:
    result = tears(*words)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Return eight minutes around midnight; the baby cries for 25 s in minutes 1, 3, 5 and 7."""
    sound = room(480, RATE, 1, -52)
    for episode in range(4):
        begin = (60 + 120 * episode + 5) * RATE
        sound[begin : begin + 25 * RATE] += crying(25, episode, -42, RATE)
    folder = tmp_path / "recordings"
    write_session(folder, np.asarray(sound), begins_at_seconds=at("2026-11-22T23:56:00+01:00"), rate_hz=RATE)
    return folder


def test_a_parent_adapts_a_model_and_takes_it_back(night: Path, tmp_path: Path) -> None:
    for minute in ("23:57", "23:59", "00:01", "00:03"):
        run("label", night, "--from", f"{minute}:05", "--to", f"{minute}:30", *ZONE, "crying")
    for minute in ("23:56", "23:58", "00:00", "00:02"):
        run("label", night, "--from", f"{minute}:10", "--to", f"{minute}:50", *ZONE, "quiet")
    clips, out, models = tmp_path / "clips", tmp_path / "training", tmp_path / "models"
    assert "crying" in run("slice", night, "--out", clips, "--gain-db", "auto")
    report = json.loads(run("dataset", "check", clips, "--json"))
    assert report["fit"]
    assert report["labels"]["crying"]["recordings"] == report["labels"]["quiet"]["recordings"] == 4

    tuned = subprocess.run(
        [sys.executable, "-m", "tears.trainer", "--fine_tune", "--data_dir", str(clips), "--train_dir", str(out),
         "--start_checkpoint", str(SHIPPED_VERSION), "--epochs", "1"],
        env=environment(), capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert tuned.returncode == 0, tuned.stderr
    assert tuned.stderr == ""
    exported = out / "export" / "1"
    verdict = json.loads((exported / "verdict.json").read_text())

    shutil.copytree(SHIPPED_VERSION, models / "1")
    with serving(models, tmp_path / "server.log") as (process, client):
        wait_until(lambda: client.states("cry").get(1) == "AVAILABLE")
        server = f"localhost:{port_of(process)}"
        cry = next((clips / "crying").glob("*_nohash_0.wav"))
        before = json.loads(run("predict", cry, "--server", server, "--json"))
        unforced = tears("model", "install", exported, "--models", models, "--server", server)
        assert (unforced.returncode == 0) == verdict["is_better"], unforced.stderr
        if not verdict["is_better"]:
            run("model", "install", exported, "--models", models, "--server", server, "--force")
        after = json.loads(run("predict", cry, "--server", server, "--json"))
        assert (before["model_version"], after["model_version"]) == (1, 2)
        assert after["scores"]["crying"] != before["scores"]["crying"]
        listed = json.loads(run("model", "list", "--models", models, "--json"))["versions"]
        assert [one["version"] for one in listed] == [2, 1]
        assert listed[0]["figures"]["auc"] == verdict["new"]["auc"]["value"]
        run("model", "rollback", "--models", models, "--server", server)
        again = json.loads(run("predict", cry, "--server", server, "--json"))
    assert again == before
