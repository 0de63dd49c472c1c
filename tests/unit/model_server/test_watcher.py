"""The thread that looks for versions."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from support.waiting import wait_until
from unit.model_server.fakes import FakeLoader

from tears.model_server.model import Model
from tears.model_server.watcher import Watcher


def test_the_first_round_is_over_when_start_returns(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    rounds: list[bool] = []
    model = Model("cry", tmp_path, FakeLoader())
    watcher = Watcher([model], interval_seconds=0.0, after_poll=lambda: rounds.append(model.is_available))
    watcher.start()
    watcher.stop()
    assert rounds == [True]


def test_a_round_that_fails_is_logged_and_does_not_end_the_watching(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = 0
    enough = threading.Event()

    def fail_once() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise RuntimeError("a disk that is gone for a moment")
        if rounds == 4:
            enough.set()

    watcher = Watcher([Model("cry", tmp_path, FakeLoader())], interval_seconds=0.001, after_poll=fail_once)
    watcher.start()
    wait_until(enough.is_set)
    watcher.stop()
    assert "the next round tries again" in caplog.text
