"""A process that is killed at any moment leaves whole clips, and every label that it has promised."""

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis
import soundfile
from integration.journal.clips.clip_house import ClipHouse
from support.places import ROOT
from support.processes.tears_command import environment

from tears.journal.history import ClipState

KILLS = 12
LONGEST_SECONDS = 0.6


@pytest.mark.timeout(600)
def test_no_moment_to_be_killed_at_breaks_a_clip_or_loses_a_label(
    redis_client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    moments = random.Random(22)
    promised: set[str] = set()
    for number in range(KILLS):
        seconds = moments.uniform(0, LONGEST_SECONDS)
        # On a slow machine half of the processes would be killed before their first label.
        promised |= killed_after(seconds, tmp_path, redis_url, labels=number % 2)
        house = ClipHouse(redis_client, tmp_path)
        check(house, promised)
        house.history.close()
    assert promised


def killed_after(seconds: float, data: Path, url: str, labels: int) -> set[str]:
    """Kill a process some time after it has promised so many labels; return the clips of all that it has promised."""
    program = [sys.executable, str(Path(__file__).with_name("endless_clips.py")), str(data), url]
    environ = environment() | {"PYTHONPATH": str(ROOT / "tests")}
    with subprocess.Popen(program, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        first = [process.stdout.readline() for _ in range(labels)]
        killing = threading.Timer(seconds, process.kill)
        killing.start()
        names = {line.strip() for line in (*first, *process.stdout) if line.endswith("\n")}
        killing.join()
        return names


def check(house: ClipHouse, promised: set[str]) -> None:
    """Make sure that everything in the folder is whole, and that the history knows of it."""
    assert house.parts() == []
    for file in house.folder.files():
        path = house.folder.find(file.clip_id)
        assert path is not None
        assert soundfile.info(path).frames == len(soundfile.read(path)[0]) > 0
        assert house.history.clip(file.clip_id).state is ClipState.KEPT
    for picture in house.data.glob("clips/*/*/*.png"):
        assert picture.read_bytes().endswith(b"IEND\xaeB`\x82")
    labelled = {one.episode_id for one in house.history.labels()}
    assert promised <= labelled
    assert house.history.fault == ""
