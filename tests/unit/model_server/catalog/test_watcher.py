"""The thread that repeats a check."""

import threading

import pytest
from support.waiting import wait_until

from tears.model_server.catalog.watcher import Watcher


def test_a_failed_round_is_logged_and_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    rounds = 0
    enough = threading.Event()

    def look() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            raise RuntimeError("a disk that is gone for a moment")
        if rounds == 4:
            enough.set()

    watcher = Watcher("the versions", look, interval_seconds=0.001)
    watcher.start()
    wait_until(enough.is_set)
    watcher.stop(10.0)
    assert "checking the versions failed; the next round tries again" in caplog.text


def test_stopping_waits_for_the_current_round() -> None:
    began, go, ended = threading.Event(), threading.Event(), threading.Event()

    def look() -> None:
        began.set()
        go.wait(10)
        ended.set()

    watcher = Watcher("the versions", look, interval_seconds=0.001)
    watcher.start()
    assert began.wait(10)
    threading.Timer(0.01, go.set).start()
    assert watcher.stop(10.0)
    assert ended.is_set()


def test_stopping_does_not_wait_forever_for_a_round() -> None:
    began, go = threading.Event(), threading.Event()

    def look() -> None:
        began.set()
        go.wait(10)

    watcher = Watcher("the versions", look, interval_seconds=0.001)
    watcher.start()
    assert began.wait(10)
    assert not watcher.stop(0.01)
    go.set()
    assert watcher.stop(10.0)


def test_a_watcher_that_was_never_started_stops_at_once() -> None:
    Watcher("the versions", lambda: None, interval_seconds=3600.0).stop(10.0)
