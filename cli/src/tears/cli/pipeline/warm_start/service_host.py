"""Start services as forks of one process, which has imported their libraries before.

A fork shares the memory of everything that was imported until it writes to it, and imports none of it again. Only
libraries are shared: our own code is read when a service starts.
"""

import functools
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import (
    CHILD_DRAIN_SECONDS,
    CHILD_START_SECONDS,
    ChildProcess,
    inherited_environment,
    start_program,
)
from tears.cli.pipeline.warm_start.forked_service import ForkedService
from tears.cli.pipeline.warm_start.service_request import ServiceRequest

HOST_PROGRAM = [sys.executable, "-m", "tears.cli.pipeline.warm_start"]


class ServiceHost:
    """Starts the host when it is first needed, and again when it has died."""

    def __init__(self, log_path: Callable[[], Path]) -> None:
        """Start nothing yet; `log_path` says where the host's own log is, which is empty if all is well."""
        self._log_path = log_path
        self._child: ChildProcess | None = None
        self._requests: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id of the host; None if it does not run."""
        return self._child.pid if self._child is not None and self._child.status is None else None

    def launch(self) -> None:
        """Start the host and do not wait: what it imports takes a moment."""
        if self.pid is not None:
            return
        self.close()
        ours, theirs = socket.socketpair()
        with theirs:
            start = functools.partial(start_program, stdin=theirs.fileno())
            self._child = ChildProcess("service host", HOST_PROGRAM, inherited_environment(), self._log_path(), start)
        self._requests = ours

    def start(self, command: Sequence[str], environ: Mapping[str, str], output_fd: int) -> ForkedService:
        """Run a module of this interpreter: `[sys.executable, "-m", MODULE, ARGUMENT...]`, with this whole environment.

        Raises:
            StartError: The host does not answer.
        """
        request = ServiceRequest.of_command(command, environ)
        try:
            return self._ask(request, output_fd)
        except (OSError, EOFError):
            self.close()  # it has died just now
        try:
            return self._ask(request, output_fd)
        except (OSError, EOFError) as error:
            log = self._child.log_tail() if self._child is not None else ""
            raise StartError(f"{request.module} did not start: the service host does not answer\n{log}") from error

    def close(self) -> None:
        """End the host; services that still run are asked to stop by that."""
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        if self._child is not None:
            self._child.stop(CHILD_DRAIN_SECONDS)
            self._child = None

    def _ask(self, request: ServiceRequest, output_fd: int) -> ForkedService:
        self.launch()
        assert self._requests is not None  # noqa: S101 - `launch` has made it
        reports_fd, their_reports_fd = os.pipe()
        request_fd = os.memfd_create("request")
        try:
            with open(request_fd, "wb", closefd=False) as file:
                file.write(request.encode())
            socket.send_fds(self._requests, [b"\n"], [request_fd, output_fd, their_reports_fd])
        except BaseException:
            os.close(reports_fd)
            raise
        finally:
            os.close(request_fd)
            os.close(their_reports_fd)
        return ForkedService(reports_fd, CHILD_START_SECONDS)
