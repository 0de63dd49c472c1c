"""The commands for a parent's own recordings, run in this process."""

import csv
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from integration.own_data.model_versions import copy_model, give_verdict
from support.places import SHIPPED_VERSION
from support.sound.own_recordings import at, crying, room, write_session

from tears.cli.__main__ import main

RATE = 48_000
NIGHT_RATE = 16_000

Tears = Callable[..., Result]


@pytest.fixture
def tears(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tears:
    """Return a function that runs `tears` with words and paths."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data home"))

    def run(*words: str | Path) -> Result:
        before = signal.getsignal(signal.SIGTERM)
        try:
            return CliRunner().invoke(main, [str(word) for word in words])
        finally:
            signal.signal(signal.SIGTERM, before)

    return run


@pytest.fixture(scope="session")
def recorded_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return six minutes from 02:10:00.5 in Berlin; a baby cries from 02:13:00.5 to 02:14:00.5."""
    sound = room(360, NIGHT_RATE, 1)
    sound[180 * NIGHT_RATE : 240 * NIGHT_RATE] += crying(60, 2, rate_hz=NIGHT_RATE)
    folder = tmp_path_factory.mktemp("night")
    write_session(folder, sound, begins_at_seconds=at("2026-11-23T02:10:00.500+01:00"), rate_hz=NIGHT_RATE)
    return folder


@pytest.fixture
def night(recorded_night: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may label and rename."""
    return Path(shutil.copytree(recorded_night, tmp_path / "recordings"))


def write_labels(recording: Path, text: str) -> None:
    """Write the label file of a recording."""
    recording.with_name(recording.name + ".labels.txt").write_text(text)


def listed_slices(out: Path) -> list[dict[str, str]]:
    """Read the list of slices in a folder of clips."""
    with (out / "slices.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Return a folder of versions with the shipped one in it."""
    shutil.copytree(SHIPPED_VERSION, tmp_path / "models" / "1")
    return tmp_path / "models"


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """Return a version that is better than the shipped one, by its verdict."""
    return give_verdict(copy_model(tmp_path / "export" / "1"), better=True, base=SHIPPED_VERSION)
