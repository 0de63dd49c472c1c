"""The server in the service host: forks for each request.

A request is one byte with three descriptors: the encoded request as a file, where the service writes its output, and
a pipe for the answer. The answer is a line: the process id, or the system's error number, negative, if there can be no
new process.

The fork is made by a process that ends at once. The client adopts it then, because it adopts orphans until it has the
answer. So a service needs the host only to start: it runs on without the host, and the client itself sees it end.
"""

import contextlib
import errno
import os
import socket
import time

from tears.cli.pipeline.ended_with_parent import end_with_parent
from tears.cli.pipeline.warm_start.service_request import ServiceRequest

DESCRIPTORS_OF_A_REQUEST = 3
ADOPTION_POLL_SECONDS = 0.001


class ForkServer:
    """Starts services for one client, its parent, which holds the other end of a socket."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests

    def serve(self) -> ServiceRequest | None:
        """Start services until the client closes its end, and return None; in a fork, return what it is to run."""
        client = os.getppid()
        while True:
            asked, descriptors, _, _ = socket.recv_fds(self._requests, 1, DESCRIPTORS_OF_A_REQUEST)
            if not asked:
                return None
            answer_fd = descriptors[-1]
            between = _fork(answer_fd)
            if between == 0:
                between = os.getpid()
                if _fork(answer_fd) != 0:
                    os._exit(0)
                return self._in_fork(between, client, *descriptors)
            for fd in descriptors:
                os.close(fd)
            if between is not None:
                with contextlib.suppress(ChildProcessError):  # SIGCHLD is ignored
                    os.waitpid(between, 0)

    def _in_fork(self, between: int, client: int, request_fd: int, output_fd: int, answer_fd: int) -> ServiceRequest:
        """Become an ordinary child of the client, with a session and an output of its own."""
        os.dup2(output_fd, 1)
        os.dup2(output_fd, 2)
        os.close(output_fd)
        self._requests.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        if nothing != 0:
            os.dup2(nothing, 0)
            os.close(nothing)
        # The programs that a service starts inherit it.
        os.set_inheritable(0, True)  # noqa: FBT003 - takes no keyword
        os.setsid()
        with open(request_fd, "rb") as file:
            file.seek(0)
            request = ServiceRequest.decode(file.read())
        while os.getppid() == between:
            time.sleep(ADOPTION_POLL_SECONDS)
        if not end_with_parent(client):
            raise SystemExit
        _answer(answer_fd, os.getpid())
        os.close(answer_fd)
        return request


def _fork(answer_fd: int) -> int | None:
    """Return as `os.fork` does; if there can be no new process, answer so and return None."""
    try:
        return os.fork()
    except OSError as error:  # no memory, or too many processes; the other services go on
        _answer(answer_fd, -(error.errno or errno.EAGAIN))
        return None


def _answer(answer_fd: int, number: int) -> None:
    os.write(answer_fd, b"%d\n" % number)
