"""A service that the host has started, as the process that asked for it sees it."""

import contextlib
import os
import select
import signal
import subprocess
import time

from tears.cli.errors import StartError

# The exit status where Linux does not keep it, because SIGCHLD is ignored; subprocess.Popen returns the same.
UNKNOWN_STATUS = 0
END_POLL_SECONDS = 0.002


class ForkedService:
    """A child of ours that the host has forked, with the methods of a `subprocess.Popen`."""

    def __init__(self, answer_fd: int, timeout_seconds: float) -> None:
        """Wait for the process id; closes `answer_fd`.

        Raises:
            TimeoutError: The host did not answer in time.
            EOFError: The host has died, or the service could not become our child.
            StartError: There can be no new process.
        """
        self._status: int | None = None
        with os.fdopen(answer_fd, "rb", buffering=0) as answer:
            if not select.select([answer], [], [], timeout_seconds)[0]:
                raise TimeoutError
            line = answer.readline()
        if not line:
            raise EOFError
        self.pid = int(line)
        if self.pid < 0:
            raise StartError(f"there can be no new process: {os.strerror(-self.pid)}")

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while the process runs."""
        if self._status is None:
            try:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._status = UNKNOWN_STATUS
            else:
                self._status = os.waitstatus_to_exitcode(status) if ended else None
        return self._status

    def wait(self, timeout: float) -> int:
        """Wait for the end, and return the exit status; raise subprocess.TimeoutExpired if it takes longer."""
        until_seconds = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() >= until_seconds:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(END_POLL_SECONDS)
        return status

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended, and SIGCHLD is ignored
                os.kill(self.pid, sig)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)
