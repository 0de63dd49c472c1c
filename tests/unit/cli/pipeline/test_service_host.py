"""The service host: its forks are ordinary processes, share its libraries, and do not depend on it any more."""

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.waiting import wait_until

from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment
from tears.cli.pipeline.warm_start.__main__ import SHARED_LIBRARIES
from tears.cli.pipeline.warm_start.fork_server import ForkServer
from tears.cli.pipeline.warm_start.forked_service import ForkedService
from tears.cli.pipeline.warm_start.service_host import ServiceHost

# Says in one line what kind of process it is, and waits.
SERVICE = """
import json, os, signal, subprocess, sys
before = set(sys.modules)
stdin_of_program = subprocess.check_output(["readlink", "/proc/self/fd/0"], text=True)
descriptors = [int(name) for name in os.listdir("/proc/self/fd")]
print(json.dumps({
    "arguments": sys.argv[1:],
    "environ": dict(os.environ),
    "main": __name__,
    "session": os.getsid(0),
    "parent": os.getppid(),
    "stdin": os.readlink("/proc/self/fd/0"),
    "stdin of program": stdin_of_program.strip(),
    "descriptors": sum(os.path.exists(f"/proc/self/fd/{number}") for number in descriptors),
    "imported": sorted(before),
}))
if "fail" in sys.argv:
    raise SystemExit(78)
if "end" in sys.argv:
    raise SystemExit(0)
if "break" in sys.argv:
    raise RuntimeError("it broke")
signal.pause()
"""
COMMAND = [sys.executable, "-m", "named_service"]
# Starts a service, prints its process id and that of the host, and waits.
PARENT = """
import pathlib, signal, sys
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment
from tears.cli.pipeline.warm_start.service_host import ServiceHost
folder = pathlib.Path(sys.argv[1])
host = ServiceHost(lambda: folder / "host.log")
command = [sys.executable, "-m", "named_service"]
child = ChildProcess("service", command, inherited_environment(), folder / "log", host.start)
child.wait_for_line("main")
print(child.pid, host.pid, flush=True)
signal.pause()
"""
IMPORTED = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""
SERVICES = ("recorder", "preprocessor", "classifier", "alerter", "model_server")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceHost]:
    (tmp_path / "named_service.py").write_text(SERVICE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    host = ServiceHost(lambda: tmp_path / "host.log")
    yield host
    host.close()
    assert not (tmp_path / "host.log").exists(), (tmp_path / "host.log").read_text()


def start(host: ServiceHost, tmp_path: Path, *arguments: str, name: str = "service", **environ: str) -> ChildProcess:
    settings = {**inherited_environment(), **environ}
    return ChildProcess(name, [*COMMAND, *arguments], settings, tmp_path / f"{name}.log", host.start)


def facts(child: ChildProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(child.wait_for_line(r".*\n").group())
    return found


def unread_bytes(sent: socket.socket) -> int:
    """Return how much was sent over a socket and has not been read."""
    return int.from_bytes(fcntl.ioctl(sent, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_service_is_a_process_like_any_other(host: ServiceHost, tmp_path: Path) -> None:
    first = start(host, tmp_path, name="first")
    child = start(host, tmp_path, "--port=0", TEARS_SLOT="7")
    found = facts(child)
    assert found["arguments"] == ["--port=0"]
    assert found["environ"] == child.environ
    assert found["main"] == "__main__"
    assert found["session"] == child.pid
    assert found["parent"] == os.getpid()
    assert found["stdin"] == found["stdin of program"] == os.devnull
    assert found["descriptors"] == 3
    assert Path(f"/proc/{child.pid}/cmdline").read_text().rstrip("\0") == " ".join([*COMMAND, "--port=0"])
    assert Path(f"/proc/{child.pid}/comm").read_text().strip() == Path(sys.executable).name
    child.stop(10)
    assert child.status == -signal.SIGTERM
    assert is_running(first.pid)
    first.stop(10)


def test_a_service_has_the_libraries_from_the_beginning_and_none_of_our_own_code(
    host: ServiceHost, tmp_path: Path
) -> None:
    child = start(host, tmp_path)
    imported = set(facts(child)["imported"])
    child.stop(10)
    assert set(SHARED_LIBRARIES) <= imported
    # An update of ours is read when a service starts.
    ours = {name for name in imported if name.startswith("tears.") and not name.startswith("tears.cli")}
    assert ours == {"tears.kit", "tears.kit.memory", "tears.kit.memory.heap"}


@pytest.mark.parametrize(("argument", "status", "line"), [("fail", 78, "78"), ("break", 1, "RuntimeError: it broke")])
def test_the_exit_status_and_the_last_lines_of_a_service_are_known(
    host: ServiceHost, tmp_path: Path, argument: str, status: int, line: str
) -> None:
    child = start(host, tmp_path, argument)
    with pytest.raises(StartError, match=f"(?s)service ended with status {status}:.*{line}"):
        child.wait_for_line("(?!)")  # no line, whatever the environment holds
    assert child.status == status


def test_a_service_that_was_killed_is_started_again_as_a_program_of_its_own(host: ServiceHost, tmp_path: Path) -> None:
    child = start(host, tmp_path)
    facts(child)
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: child.status is not None)
    assert child.status == -signal.SIGKILL
    again = child.restarted()
    found = facts(again)
    assert found["session"] == again.pid != child.pid
    # The libraries may have been updated since the host has read them.
    assert set(SHARED_LIBRARIES).isdisjoint(found["imported"])
    again.stop(10)


def test_when_the_host_dies_its_services_go_on_and_new_ones_get_a_new_host(host: ServiceHost, tmp_path: Path) -> None:
    child = start(host, tmp_path)
    facts(child)
    dead = host.pid
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: host.pid is None)
    host.tidy_up_if_dead()
    second = start(host, tmp_path, name="second")
    assert facts(second)["session"] == second.pid
    assert host.pid not in {None, dead}
    assert child.status is None
    second.stop(10)
    child.stop(10)
    assert child.status == -signal.SIGTERM


def test_the_end_of_a_service_is_seen_while_the_host_hangs(host: ServiceHost, tmp_path: Path) -> None:
    child = start(host, tmp_path)
    facts(child)
    assert host.pid is not None
    os.kill(host.pid, signal.SIGSTOP)
    os.kill(child.pid, signal.SIGKILL)
    wait_until(lambda: child.status is not None)
    assert child.status == -signal.SIGKILL
    host.close()


def test_a_service_whose_host_does_not_answer_is_a_program_of_its_own(
    host: ServiceHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tears.cli.pipeline.warm_start.service_host.CHILD_START_SECONDS", 0.0)
    host.launch()
    stuck = host.pid
    assert stuck is not None
    os.kill(stuck, signal.SIGSTOP)
    child = start(host, tmp_path)
    assert set(SHARED_LIBRARIES).isdisjoint(facts(child)["imported"])
    assert not is_running(stuck)
    child.stop(10)
    assert host.take_notes() == [
        "the service host did not answer: a service was started without it, and needs more memory"
    ]
    # It is not asked again: each further service would wait as long.
    second = start(host, tmp_path, name="second")
    assert set(SHARED_LIBRARIES).isdisjoint(facts(second)["imported"])
    assert host.pid is None
    assert host.take_notes() == []
    second.stop(10)


def test_a_service_ends_when_the_program_that_started_it_is_killed(host: ServiceHost, tmp_path: Path) -> None:
    assert host.pid is None
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert all(map(is_running, pids))
        parent.kill()

    wait_until(lambda: not any(map(is_running, pids)))


def test_without_room_for_a_process_a_service_is_refused_and_the_host_lives_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, "no room")

    monkeypatch.setattr("tears.cli.pipeline.warm_start.fork_server.os.fork", refuse)
    ours, theirs = socket.socketpair()
    serving = threading.Thread(target=ForkServer(theirs).serve)
    serving.start()
    for _ in range(2):
        reports_fd, their_reports_fd = os.pipe()
        socket.send_fds(ours, [b"\n"], [os.memfd_create("request"), os.memfd_create("output"), their_reports_fd])
        os.close(their_reports_fd)
        with pytest.raises(StartError, match="there can be no new process: Resource temporarily unavailable"):
            ForkedService(reports_fd, 30.0)
    ours.close()
    serving.join()
    theirs.close()


def test_services_start_where_the_ends_of_children_are_ignored(host: ServiceHost, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        first = start(host, tmp_path, "end", name="first")
        served_by = host.pid
        wait_until(lambda: first.status is not None)
        # As of any child whose status is not known there.
        assert first.status == 0
        second = start(host, tmp_path, name="second")
        assert host.pid == served_by
        second.stop(10)
        host.close()
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_only_modules_of_our_interpreter_can_be_started(host: ServiceHost, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a module of this interpreter: redis-server --port 0"):
        ChildProcess("redis", ["redis-server", "--port", "0"], {}, tmp_path / "log", host.start)


def test_the_host_has_one_thread_because_a_fork_has_no_others(host: ServiceHost, tmp_path: Path) -> None:
    child = start(host, tmp_path)
    facts(child)
    assert len(list(Path(f"/proc/{host.pid}/task").iterdir())) == 1
    child.stop(10)


def test_a_host_that_dies_over_a_request_is_done_without(host: ServiceHost, tmp_path: Path) -> None:
    start(host, tmp_path, name="first").stop(10)
    stuck = host.pid
    assert stuck is not None
    os.kill(stuck, signal.SIGSTOP)
    assert host._requests is not None
    requests = host._requests

    def kill_over_the_request() -> None:
        wait_until(lambda: unread_bytes(requests) > 0)
        os.kill(stuck, signal.SIGKILL)

    threading.Thread(target=kill_over_the_request).start()
    child = start(host, tmp_path)
    assert facts(child)["session"] == child.pid
    child.stop(10)


def test_each_shared_library_is_needed_by_more_than_one_service() -> None:
    imported = []
    for service in SERVICES:
        command = [sys.executable, "-c", IMPORTED, f"tears.{service}.__main__"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        imported.append(set(json.loads(done.stdout)))
    users = {library: sum(library in modules for modules in imported) for library in SHARED_LIBRARIES}
    assert [library for library, count in users.items() if count < 2] == []
