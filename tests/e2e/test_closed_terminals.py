"""Close the terminal of a `tears up`, and press Ctrl-C twice: no process and no folder is left."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.processes.tears_command import began_at, descendants, environment
from support.waiting import wait_until

DEADLINE_SECONDS = 60.0
# Makes its standard output the terminal that controls it, as a login does, and becomes the command.
IN_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(1, termios.TIOCSCTTY, 0)
if sys.argv[1] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "tears.cli", *sys.argv[2:]])
"""


class Terminal:
    """A `tears up` in a terminal of its own that knows only Latin-1."""

    def __init__(self, scene: Path, folder: Path, *, survives: bool = False) -> None:
        self.folder = folder
        self._master, slave = pty.openpty()
        settings = {"TMPDIR": str(folder), "PYTHONIOENCODING": "latin-1", "TERM": "xterm"}
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                IN_TERMINAL,
                "nohup" if survives else "",
                "up",
                "--input",
                str(scene),
                "--mic",
                "Küche oben",
            ],
            env=environment() | settings,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.shown = b""

    def wait_for(self, word: bytes) -> None:
        """Read what is shown until it has the word."""
        while word not in self.shown:
            read = os.read(self._master, 4_096)
            assert read, self.shown
            self.shown += read

    def close(self) -> None:
        """Close the window."""
        os.close(self._master)

    def family(self) -> dict[int, str]:
        """Return its processes, and when each began."""
        return {pid: began_at(pid) for pid in (self.process.pid, *(pid for pid, _ in descendants(self.process.pid)))}


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


def assert_nothing_is_left(family: dict[int, str], folder: Path) -> None:
    def left() -> list[int]:
        return [pid for pid, began in family.items() if began_at(pid) == began != ""]

    wait_until(lambda: not left(), DEADLINE_SECONDS, describe="the end of all processes")
    assert not list(folder.glob("tears-*"))


def test_a_closed_terminal_ends_everything_and_latin_1_is_enough_for_the_view(scene: Path, folder: Path) -> None:
    terminal = Terminal(scene, folder)
    terminal.wait_for(b"dB")
    assert b"K\xfcche oben" in terminal.shown
    assert b"Traceback" not in terminal.shown
    family = terminal.family()
    assert len(family) >= 7
    terminal.close()
    terminal.process.wait(DEADLINE_SECONDS)
    assert_nothing_is_left(family, folder)


def test_with_nohup_it_listens_on_after_its_terminal_was_closed(scene: Path, folder: Path) -> None:
    terminal = Terminal(scene, folder, survives=True)
    terminal.wait_for(b"dB")
    family = terminal.family()
    terminal.close()
    (log,) = folder.glob("tears-*/alerter.log")
    log.unlink()
    # The command makes a deleted log again, so it still looks after its processes.
    wait_until(log.exists, DEADLINE_SECONDS, describe="a command that goes on")
    terminal.process.terminate()
    assert terminal.process.wait(DEADLINE_SECONDS) == 0
    assert_nothing_is_left(family, folder)


def test_a_second_ctrl_c_kills_what_does_not_end(scene: Path, folder: Path) -> None:
    terminal = Terminal(scene, folder)
    terminal.wait_for(b"dB")
    family = terminal.family()
    (alerter,) = [pid for pid, command in descendants(terminal.process.pid) if "-m tears.alerter" in command]
    os.kill(alerter, signal.SIGSTOP)
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for(b"stopping")
    terminal.process.send_signal(signal.SIGINT)
    with contextlib.suppress(OSError):
        terminal.wait_for(b"Aborted")
    # Without the second signal it would wait 15 s for the stopped process.
    assert terminal.process.wait(10) == 1
    assert_nothing_is_left(family, folder)
