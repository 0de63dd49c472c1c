"""A proxy whose connections can be cut without a sign to either end, as when a machine or a switch loses power.

It can also pass everything on late, or drop the connections with a sign.
"""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Self

# Small, so that it fills up soon.
BUFFER_BYTES = 65_536


class CuttableProxy:
    """A context manager that listens on its own TCP port and passes everything on, both ways."""

    def __init__(self, server: Path) -> None:
        """Listen; pass everything on to this Unix socket."""
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._cut = threading.Event()
        self._never = threading.Event()
        self._delay_seconds = 0.0
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.connections = 0

    @property
    def address(self) -> str:
        """The address on which it listens."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Pass nothing more over the existing connections; new ones work."""
        self._cut.set()
        self._cut = threading.Event()

    def drop(self) -> None:
        """Close the existing connections, so that both ends notice; new ones work."""
        for one in list(self._sockets):
            _shut_down(one)

    def delay(self, seconds: float) -> None:
        """Pass each piece on this much later from now on; 0 ends that."""
        self._delay_seconds = seconds

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        _close(self._listener)
        # After this, there are no new connections.
        self._thread.join()
        for one in self._sockets:
            _close(one)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                self._sockets += [near, far]
                try:
                    far.connect(str(self._server))
                except OSError:  # the server is away, as a client of its own would notice
                    _close(near)
                    continue
                self.connections += 1
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target, self._cut), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while not cut.is_set() and (some := source.recv(65_536)):
                if self._delay_seconds:
                    self._never.wait(self._delay_seconds)
                target.sendall(some)
        if not cut.is_set():
            _shut_down(target)
        # Else nothing is read any more, so nothing is acknowledged once the buffer is full, and neither end notices.


def _shut_down(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _close(one: socket.socket) -> None:
    _shut_down(one)
    one.close()
