"""Our own processes: how they start, and that none is left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import wait_until

from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment

SLEEPER = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
# A parent that starts a child, prints its process id, and waits.
PARENT = f"""
import pathlib, signal, sys
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment
child = ChildProcess("sleeper", {SLEEPER!r}, inherited_environment(), pathlib.Path(sys.argv[1]))
child.wait_for_line("up")
print(child.pid, flush=True)
signal.pause()
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_child_starts_stops_and_runs_the_program_that_was_asked_for(tmp_path: Path) -> None:
    child = ChildProcess("sleeper", SLEEPER, inherited_environment(), tmp_path / "log")
    try:
        child.wait_for_line("up")
        assert Path(f"/proc/{child.pid}/cmdline").read_text().split("\0")[:3] == SLEEPER
        assert child.status is None
    finally:
        child.stop(10)
    assert child.status == -signal.SIGTERM


def test_a_child_starts_without_running_fork_handlers(tmp_path: Path) -> None:
    # gRPC has such handlers: they start its threads in the child, and have ended it with SIGABRT.
    ran: list[str] = []
    os.register_at_fork(before=lambda: ran.append("before"))

    child = ChildProcess("sleeper", SLEEPER, inherited_environment(), tmp_path / "log")
    child.wait_for_line("up")
    child.stop(10)

    assert ran == []


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, tmp_path / "log"], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()

    wait_until(lambda: not is_running(pid))


@pytest.mark.parametrize(
    "error", ["alerter: TEARS_REDIS_URL is not the URL of a Redis", "12:00:00 alerter: ERROR it broke"]
)
def test_an_error_is_not_hidden_behind_what_is_normal(tmp_path: Path, error: str) -> None:
    starts = f"12:00:00 alerter: INFO alerter starts; probes on port 1; {'TEARS_SETTING=value ' * 50}"
    program = f"print({starts!r}); print({error!r}); raise SystemExit(78)"
    child = ChildProcess("alerter", [sys.executable, "-c", program], inherited_environment(), tmp_path / "log")

    with pytest.raises(StartError) as caught:
        child.wait_for_line("never")
    assert str(caught.value) == f"alerter ended with status 78:\n{error}"


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    child = ChildProcess("redis", ["/nowhere/redis-server"], inherited_environment(), tmp_path / "log")

    with pytest.raises(
        StartError, match=r"(?s)redis ended with status 127.*/nowhere/redis-server cannot be started: No"
    ):
        child.wait_for_line("ready")
