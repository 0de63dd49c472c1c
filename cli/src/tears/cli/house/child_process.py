"""A process of ours: started, watched through its log, and never left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tears.cli.errors import StartError
from tears.cli.house import ended_with_parent

START_SECONDS = 30.0
POLL_SECONDS = 0.02
LOG_TAIL_LINES = 12
MOST_LOG_BYTES = 4 * 1024 * 1024


class Child:
    """One process with its own log file."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], log_path: Path) -> None:
        """Starts at once.

        Args:
            name: for messages.
            command: program and arguments.
            environ: its environment, whole.
            log_path: both its outputs go there; appended to.
        """
        self.name = name
        self.command = list(command)
        self.environ = dict(environ)
        self.log_path = log_path
        self._log_from = log_path.stat().st_size if log_path.exists() else 0
        self._warned_until = self._log_from
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                ending_with_us(self.command),
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us alone: we stop the others in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, or None while it runs."""
        return self._process.poll()

    def log(self) -> str:
        """What it printed in this life."""
        with self.log_path.open("rb") as log:
            log.seek(self._log_from)
            return log.read().decode(errors="replace")

    def bound_log(self) -> None:
        """Empties the log when it has grown long; a house may stand for months."""
        if self.log_path.stat().st_size > MOST_LOG_BYTES:
            # It is written in append mode: what comes next lands at the new end.
            os.truncate(self.log_path, 0)
            self._log_from = self._warned_until = 0

    def new_warnings(self) -> list[str]:
        """The warnings and errors that it has logged since the last call, without their times."""
        with self.log_path.open("rb") as log:
            log.seek(max(self._warned_until, self._log_from))
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._warned_until = max(self._warned_until, self._log_from) + len(whole)
        found = re.findall(r"\b(?:WARNING|ERROR|CRITICAL)\b:?\s+(.+)", whole.decode(errors="replace"))
        return [line.strip() for line in found]

    def log_tail(self) -> str:
        """The last lines, for an error message."""
        return "\n".join(self.log().splitlines()[-LOG_TAIL_LINES:])

    def wait_for_line(self, pattern: str) -> re.Match[str]:
        """Blocks until a line of the log matches.

        Raises:
            StartError: it ended before, or took more than 30 s.
        """
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            status = self.status
            if found := re.search(pattern, self.log()):
                return found
            if status is not None:
                raise StartError(f"{self.name} ended with status {status}:\n{self.log_tail()}")
            time.sleep(POLL_SECONDS)
        raise StartError(f"{self.name} did not start within {START_SECONDS:g} s:\n{self.log_tail()}")

    def stop(self, timeout_seconds: float) -> None:
        """Asks it to drain; ends it when that takes too long."""
        if self.status is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=timeout_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def ask_to_stop(self) -> None:
        """Asks it to drain and does not wait."""
        if self.status is None:
            self._process.send_signal(signal.SIGTERM)


def ending_with_us(command: Sequence[str]) -> list[str]:
    """Return a command that runs `command`, and that Linux ends when this process is gone, whatever ended it."""
    return [sys.executable, "-I", "-S", ended_with_parent.__file__, str(os.getpid()), *command]


def inherited_environment() -> dict[str, str]:
    """Our environment for a child: with output that is not held back, and without a heap for each of its threads.

    glibc gives up to 8 arenas a core to threads, which for a service with a few mostly idle ones is memory for nothing.
    """
    return {"MALLOC_ARENA_MAX": "2", **os.environ, "PYTHONUNBUFFERED": "1"}
