"""Start services as forks of one process, which has imported their libraries before.

A fork shares the memory of everything that was imported until it writes to it, and imports none of it again. Only
libraries are shared: our own code is read when a service starts.
"""

import contextlib
import ctypes
import functools
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tears.cli.pipeline.child_process import (
    CHILD_START_SECONDS,
    ChildProcess,
    RunningProgram,
    inherited_environment,
    start_program,
)
from tears.cli.pipeline.warm_start.forked_service import ForkedService
from tears.cli.pipeline.warm_start.service_request import ServiceRequest

_PRCTL_CHILD_SUBREAPER = 36

HOST_PROGRAM = [sys.executable, "-m", "tears.cli.pipeline.warm_start"]


class ServiceHost:
    """Starts the host when it is first needed, and again when it has died."""

    def __init__(self, log_path: Callable[[], Path]) -> None:
        """Start nothing yet; `log_path` says where the host's own log is, which is empty if all is well."""
        self._log_path = log_path
        self._child: ChildProcess | None = None
        self._requests: socket.socket | None = None
        # One that did not answer in time would keep each further service waiting as long.
        self._is_given_up = False
        self._notes: list[str] = []

    @property
    def pid(self) -> int | None:
        """Return the process id of the host; None if it does not run."""
        return self._child.pid if self._child is not None and self._child.status is None else None

    def launch(self) -> None:
        """Start the host and do not wait: what it imports takes a moment."""
        if self._is_given_up or self.pid is not None:
            return
        self.close()
        ours, theirs = socket.socketpair()
        with theirs:
            start = functools.partial(start_program, stdin=theirs.fileno())
            self._child = ChildProcess("service host", HOST_PROGRAM, inherited_environment(), self._log_path(), start)
        self._requests = ours

    def start(self, command: Sequence[str], environ: Mapping[str, str], output_fd: int) -> RunningProgram:
        """Run a module of this interpreter: `[sys.executable, "-m", MODULE, ARGUMENT...]`, with this whole environment.

        If the host does not answer, the module runs as a program of its own.

        Raises:
            StartError: There can be no new process.
        """
        if not self._is_given_up:
            try:
                return self._ask(ServiceRequest.of_command(command, environ), output_fd)
            except (OSError, EOFError) as error:
                self._is_given_up = isinstance(error, TimeoutError)
                self._notes.append(
                    "the service host did not answer: a service was started without it, and needs more memory"
                )
                self.close()
        return start_program(command, environ, output_fd)

    def take_notes(self) -> list[str]:
        """Return what was found since the last call and a user should know."""
        notes, self._notes = self._notes, []
        return notes

    def tidy_up_if_dead(self) -> None:
        """Let no zombie remain of a host that has died; call it now and then."""
        if self._child is not None and self.pid is None:
            self.close()

    def close(self) -> None:
        """End the host; services go on."""
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        if self._child is not None:
            self._child.stop(0)  # there is nothing that it has to finish
            self._child = None

    def _ask(self, request: ServiceRequest, output_fd: int) -> ForkedService:
        self.launch()
        assert self._requests is not None  # noqa: S101 - `launch` has made it
        answer_fd, their_answer_fd = os.pipe()
        request_fd = os.memfd_create("request")
        with _adopting_orphans():
            try:
                with open(request_fd, "wb", closefd=False) as file:
                    file.write(request.encode())
                socket.send_fds(self._requests, [b"\n"], [request_fd, output_fd, their_answer_fd])
            except BaseException:
                os.close(answer_fd)
                raise
            finally:
                os.close(request_fd)
                os.close(their_answer_fd)
            return ForkedService(answer_fd, CHILD_START_SECONDS)


@contextlib.contextmanager
def _adopting_orphans() -> Iterator[None]:
    """Let processes below this one become its children when their parents end; otherwise init adopts them."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PRCTL_CHILD_SUBREAPER, ctypes.c_ulong(1))
    try:
        yield
    finally:
        prctl(_PRCTL_CHILD_SUBREAPER, ctypes.c_ulong(0))
