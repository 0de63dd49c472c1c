"""The server in the service host: forks for each request, and reports how the forks end.

A request is one byte with three descriptors: the encoded request as a file, where the service writes its output, and
a pipe for reports. There are two reports, each a line: the process id at once, and the exit status in the end. If there
can be no new process, the only report is the system's error number, negative.
"""

import contextlib
import errno
import os
import selectors
import socket

from tears.cli.pipeline.ended_with_parent import end_with_parent
from tears.cli.pipeline.warm_start.service_request import ServiceRequest

DESCRIPTORS_OF_A_REQUEST = 3


class ForkServer:
    """Starts services for one client, which holds the other end of a socket."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(requests, selectors.EVENT_READ)
        # The process id of each fork, and where to report its end; by a descriptor that is readable when it has ended.
        self._running: dict[int, tuple[int, int]] = {}

    def serve(self) -> ServiceRequest | None:
        """Start services until the client closes its end, and return None; in a fork, return what it is to run."""
        while True:
            for key, _ in self._waiting.select():
                if key.fd in self._running:
                    self._report_end(key.fd)
                    continue
                asked, descriptors, _, _ = socket.recv_fds(self._requests, 1, DESCRIPTORS_OF_A_REQUEST)
                if not asked:
                    return None
                if (request := self._fork(*descriptors)) is not None:
                    return request

    def _fork(self, request_fd: int, output_fd: int, reports_fd: int) -> ServiceRequest | None:
        """Return None in this process, and the request in the fork."""
        host = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:  # no memory, or too many processes; the other services go on
            pid = -(error.errno or errno.EAGAIN)
        if pid == 0:
            os.close(reports_fd)
            return self._in_fork(host, request_fd, output_fd)
        os.close(request_fd)
        os.close(output_fd)
        _report(reports_fd, pid)
        if pid < 0:
            os.close(reports_fd)
            return None
        ended_fd = os.pidfd_open(pid)
        self._running[ended_fd] = pid, reports_fd
        self._waiting.register(ended_fd, selectors.EVENT_READ)
        return None

    def _in_fork(self, host: int, request_fd: int, output_fd: int) -> ServiceRequest:
        """Become an ordinary child of the host, with a session and an output of its own."""
        os.dup2(output_fd, 1)
        os.dup2(output_fd, 2)
        os.close(output_fd)
        if not end_with_parent(host):
            raise SystemExit
        os.setsid()
        # Another service must not keep these open: their ends would not be noticed.
        self._waiting.close()
        for ended_fd, (_, reports_fd) in self._running.items():
            os.close(ended_fd)
            os.close(reports_fd)
        self._requests.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        if nothing != 0:
            os.dup2(nothing, 0)
            os.close(nothing)
        with open(request_fd, "rb") as file:
            file.seek(0)
            return ServiceRequest.decode(file.read())

    def _report_end(self, ended_fd: int) -> None:
        self._waiting.unregister(ended_fd)
        pid, reports_fd = self._running.pop(ended_fd)
        _, status = os.waitpid(pid, 0)
        os.close(ended_fd)
        _report(reports_fd, os.waitstatus_to_exitcode(status))
        os.close(reports_fd)


def _report(reports_fd: int, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody wants to know it any more
        os.write(reports_fd, b"%d\n" % number)
