"""A service that the host has started, as the process that asked for it sees it."""

import contextlib
import os
import select
import signal
import subprocess

from tears.cli.errors import StartError

# The exit status of a service whose host has died before it could report one.
UNKNOWN_STATUS = 1


class ForkedService:
    """A process that is a child of the host, with the methods of a `subprocess.Popen`.

    Its process id stays valid as long as it is held by a descriptor here, so no signal meets another process.
    """

    def __init__(self, reports_fd: int, timeout_seconds: float) -> None:
        """Wait for the process id; `reports_fd` belongs to this object from now on.

        Raises:
            TimeoutError: The host did not answer in time.
            EOFError: The host has died.
            StartError: There can be no new process.
        """
        self._status: int | None = None
        self._reports = os.fdopen(reports_fd, "rb", buffering=0)
        has_answered = select.select([self._reports], [], [], timeout_seconds)[0]
        line = self._reports.readline() if has_answered else b""
        if not line:
            self._reports.close()
            raise EOFError if has_answered else TimeoutError
        self.pid = int(line)
        if self.pid < 0:
            self._reports.close()
            raise StartError(f"there can be no new process: {os.strerror(-self.pid)}")
        try:
            self._process_fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self._process_fd = -1  # it has ended and was reaped already

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while the process runs."""
        if self._status is not None or not select.select([self._reports], [], [], 0)[0]:
            return self._status
        line = self._reports.readline()
        # A host that dies asks its services to stop; until they have, they run.
        if line or self._process_fd < 0 or select.select([self._process_fd], [], [], 0)[0]:
            self._status = int(line) if line else UNKNOWN_STATUS
            self._close()
        return self._status

    def wait(self, timeout: float) -> int:
        """Wait for the end, and return the exit status; raise subprocess.TimeoutExpired if it takes longer."""
        if self.poll() is None:
            select.select([self._process_fd if self._process_fd >= 0 else self._reports], [], [], timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return status

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None and self._process_fd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process_fd, sig)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)

    def _close(self) -> None:
        self._reports.close()
        if self._process_fd >= 0:
            os.close(self._process_fd)
            self._process_fd = -1
