"""A port of the loopback at which nobody listens, and that no other program gets."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a port that refuses connections until the test starts a server there, which has to set `SO_REUSEADDR`.

    A port that was free a moment ago may belong to another test by now. This one is bound until the end of the block.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        yield port
