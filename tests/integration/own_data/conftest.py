"""The commands for a parent's own recordings, run in this process."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.sound.own_recordings import at, crying, room, write_session

from tears.cli.__main__ import main

RATE = 48_000
NIGHT_RATE = 16_000

Tears = Callable[..., Result]


@pytest.fixture
def tears(monkeypatch: pytest.MonkeyPatch) -> Tears:
    """Runs `tears` with words and paths."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str | Path) -> Result:
        before = signal.getsignal(signal.SIGTERM)
        try:
            return CliRunner().invoke(main, [str(word) for word in words])
        finally:
            signal.signal(signal.SIGTERM, before)

    return run


@pytest.fixture(scope="session")
def recorded_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six minutes from 02:10:00.5 in Berlin; a baby cries from 02:13:00.5 to 02:14:00.5."""
    sound = room(360, NIGHT_RATE, 1)
    sound[180 * NIGHT_RATE : 240 * NIGHT_RATE] += crying(60, 2, rate_hz=NIGHT_RATE)
    folder = tmp_path_factory.mktemp("night")
    write_session(folder, sound, begins_at_seconds=at("2026-11-23T02:10:00.500+01:00"), rate_hz=NIGHT_RATE)
    return folder


@pytest.fixture
def night(recorded_night: Path, tmp_path: Path) -> Path:
    """The same, to label and to rename."""
    return Path(shutil.copytree(recorded_night, tmp_path / "recordings"))
