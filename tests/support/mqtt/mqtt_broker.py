"""A broker that speaks as much of MQTT 3.1.1 as a publisher needs."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Self

_CONNECT, _PUBLISH, _DISCONNECT = 1, 3, 14
# A larger byte of a length says that another one follows.
_LAST_BYTE = 127


class MqttBroker:
    """Remembers what was published. Use it as a context manager."""

    def __init__(self, port: int = 0) -> None:
        self.published: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A blocked accept would keep the port.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # The client may go at any moment.
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            while head := stream.read(1):
                kind, qos = head[0] >> 4, (head[0] >> 1) & 3
                body = stream.read(_remaining_length(stream.read))
                if kind == _CONNECT:
                    connection.sendall(b"\x20\x02\x00\x00")
                elif kind == _PUBLISH:
                    topic_bytes = int.from_bytes(body[:2])
                    rest = body[2 + topic_bytes :]
                    if qos:
                        connection.sendall(b"\x40\x02" + rest[:2])
                        rest = rest[2:]
                    self.published.append(rest.decode())
                elif kind == _DISCONNECT:
                    return


def _remaining_length(read: Callable[[int], bytes]) -> int:
    length, shift = 0, 0
    while True:
        (byte,) = read(1)
        length += (byte & 127) << shift
        shift += 7
        if byte <= _LAST_BYTE:
            return length
