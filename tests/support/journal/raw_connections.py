"""Connections to the pages of a test, on which anything may be sent."""

import contextlib
import socket
from collections.abc import Iterator

from support.journal.served_pages import ServedPages


@contextlib.contextmanager
def connected(pages: ServedPages) -> Iterator[socket.socket]:
    """Yield a connection."""
    with socket.create_connection(("127.0.0.1", pages.port), timeout=60.0) as connection:
        yield connection


def answer_of(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)
