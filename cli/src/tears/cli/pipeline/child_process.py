"""Start our own processes, read their logs, and never leave one behind."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from tears.cli.errors import StartError
from tears.cli.pipeline import ended_with_parent
from tears.cli.pipeline.child_log import ChildLog
from tears.cli.pipeline.stop_signals import Hurry

CHILD_START_SECONDS = 30.0
CHILD_DRAIN_SECONDS = 15.0
CHILD_POLL_SECONDS = 0.02
LOG_TAIL_LINES = 12

_PROBE_PORT = re.compile(r"probes on port (\d+)")

_NORMAL_LINE = re.compile(r"\d\d:\d\d:\d\d [\w-]+: (?:INFO|DEBUG) ")

T = TypeVar("T")

# Takes a command, its whole environment, and the descriptor of its output.
StartsProgram = Callable[[Sequence[str], Mapping[str, str], int], "RunningProgram"]


class RunningProgram(Protocol):
    """A process, with those methods of `subprocess.Popen` that are used here."""

    @property
    def pid(self) -> int:
        """Return the process id."""

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""

    def wait(self, timeout: float) -> int:
        """Wait for the end, and return the exit status; raise subprocess.TimeoutExpired if it takes longer."""

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless the process has ended."""

    def kill(self) -> None:
        """End the process at once."""


def start_program(
    command: Sequence[str], environ: Mapping[str, str], output_fd: int, *, stdin: int = subprocess.DEVNULL
) -> RunningProgram:
    """Start a program with this whole environment, whose output goes to a descriptor, and do not wait for it."""
    return subprocess.Popen(  # noqa: S603 - our own programs
        ending_with_us(command),
        env=environ,
        stdin=stdin,
        stdout=output_fd,
        stderr=output_fd,
        # Ctrl-C must reach only us: we stop the others in order.
        start_new_session=True,
    )


class ChildProcess:
    """A process with a log file of its own."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        log_path: Path,
        start: StartsProgram = start_program,
    ) -> None:
        """Start the program at once; `environ` is its whole environment, and its output is appended to the log."""
        self.name = name
        self.command = list(command)
        self.environ = dict(environ)
        self._probe_port: int | None = None
        self._log = ChildLog(log_path)
        self._process = start(self.command, self.environ, self._log.fileno())

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Return the exit status; None while it runs."""
        return self._process.poll()

    @property
    def probe_port(self) -> int | None:
        """Return the port of the probes that the process has named in its first lines; None if it has named none."""
        if self._probe_port is None and (found := _PROBE_PORT.search(self.log())):
            self._probe_port = int(found[1])
        return self._probe_port

    def log(self) -> str:
        """Return what the process has printed since it was started, without the oldest lines if it was a lot."""
        return self._log.text()

    def copy_log(self) -> None:
        """Append the new lines to the log file; call it several times a second."""
        self._log.copy()

    def new_warnings(self) -> list[str]:
        """Return the warnings and errors that were logged since the last call, without their times."""
        found = re.findall(r"\b(?:WARNING|ERROR|CRITICAL)\b:?\s+(.+)", self._log.new_lines())
        return [line.strip() for line in found]

    def log_tail(self) -> str:
        """Return the last lines of the log for an error message, without what is normal if there is more."""
        lines = self.log().splitlines()
        unusual = [line for line in lines if not _NORMAL_LINE.match(line)]
        return "\n".join((unusual or lines)[-LOG_TAIL_LINES:])

    def wait_for_line(self, pattern: str) -> re.Match[str]:
        """Block until a line of the log matches, and return the match; raises as `wait_until_ready` does."""
        return self.wait_until_ready(lambda: re.search(pattern, self.log()) or f"no line with {pattern}")

    def wait_until_ready(self, check: Callable[[], T | str]) -> T:
        """Call `check` until it returns something other than a text, which says what is missing; return its result.

        Raises:
            StartError: The process ended before, or took more than 30 s.
        """
        until = time.monotonic() + CHILD_START_SECONDS
        found: T | str = "nothing yet"
        while time.monotonic() < until:
            status = self.status
            found = check()
            self.copy_log()
            if not isinstance(found, str):
                return found
            if status is not None:
                raise StartError(f"{self.name} ended with status {status}:\n{self.log_tail()}")
            time.sleep(CHILD_POLL_SECONDS)
        raise StartError(f"{self.name} did not start within {CHILD_START_SECONDS:g} s ({found}):\n{self.log_tail()}")

    def stop(self, timeout_seconds: float, hurry: Hurry | None = None) -> None:
        """Ask the process to drain, and kill it when that takes too long or somebody is in a hurry."""
        self.ask_to_stop()
        until_seconds = time.monotonic() + timeout_seconds
        while self.status is None:
            if time.monotonic() >= until_seconds or (hurry is not None and hurry.is_asked):
                self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=CHILD_POLL_SECONDS)
        self.copy_log()

    def restarted(self) -> "ChildProcess":
        """Start the program again, in place of this process, which has ended; the log file goes on.

        It starts by itself, with the libraries as they are on the disk now, however it was started before.
        """
        self._log.close()
        return ChildProcess(self.name, self.command, self.environ, self._log.path)

    def ask_to_stop(self) -> None:
        """Ask the process to drain, and do not wait."""
        if self.status is None:
            self._process.send_signal(signal.SIGTERM)


def ending_with_us(command: Sequence[str]) -> list[str]:
    """Return a command that runs `command`, and that Linux ends as soon as this process has ended for any reason."""
    return [sys.executable, "-I", "-S", ended_with_parent.__file__, str(os.getpid()), *command]


def inherited_environment() -> dict[str, str]:
    """Return our environment for a child: with unbuffered output, and with few heaps.

    glibc makes up to 8 heaps for each core, which wastes memory in a service with a few threads that are mostly idle.
    """
    return {"MALLOC_ARENA_MAX": "2", **os.environ, "PYTHONUNBUFFERED": "1"}
