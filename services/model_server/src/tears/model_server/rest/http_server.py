"""HTTP, by waitress: one thread reads and writes every connection, and a fixed few answer whole requests.

A client that is slow to send or to read holds no thread. The probes and the metrics have a thread of their own, so that
a server whose models are busy does not look dead.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from typing import Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import Task, ThreadedTaskDispatcher

from tears.model_server.errors import ListenError
from tears.model_server.rest.application import MAX_BODY_BYTES, Front
from tears.model_server.rest.intake import Channel, Intake

logger = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 100
MAX_BODIES_BYTES: Final = 2 * MAX_BODY_BYTES  # of all connections together
MAX_HEADER_BYTES: Final = 32 * 1024
# A request must have come whole within this time, and a connection that nothing happens on is closed after it.
REQUEST_SECONDS: Final = 60
# One that has been idle for so long is closed before that, where others wait for its place.
IDLE_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 5
_FLUSH_SECONDS: Final = 1.0
_NEVER_BYTES: Final = 2**40  # bodies and replies stay in memory: the file system may be read-only


class RestServer:
    """Listens, answers, and ends; its methods are called in the order that they have here."""

    def __init__(self, front: Front, port: int, *, threads: int) -> None:
        """Listens nowhere yet.

        Args:
            front: Answers the requests.
            port: To listen on, at every address of this machine; 0 is any free one.
            threads: How many of them are worked on at once.
        """
        # It says of every request that waits for a thread that it waits, and of every client that went away.
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._front = front
        self._port = port
        self._map: dict[int, Any] = {}
        self._workers = ThreadedTaskDispatcher()
        self._quick_worker = ThreadedTaskDispatcher()
        self._threads = threads
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rest", daemon=True)

    def listen(self) -> int:
        """Binds; returns the port.

        Raises:
            ListenError: The port is taken, or may not be had.
        """
        try:
            if socket.has_dualstack_ipv6():
                self._socket = socket.create_server(("::", self._port), family=socket.AF_INET6, dualstack_ipv6=True)
            else:
                self._socket = socket.create_server(("", self._port))
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise ListenError(f"cannot listen on port {self._port} for the REST API: {reason}") from error
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Answers the probes and the metrics from now on; does not block."""
        if self._socket is None:
            raise ListenError("the REST API listens nowhere: call listen() before start()")
        self._workers.set_thread_count(self._threads)
        self._quick_worker.set_thread_count(1)
        self._server = _Server(self._front, self._socket, self._map, self._workers, self._quick_worker)
        self._thread.start()

    def admit(self) -> None:
        """Answers the API as well: the models have been loaded."""
        self._front.admit()

    def refuse(self) -> None:
        """Takes on no more requests; the probes go on."""
        self._front.refuse()

    def close(self, grace_seconds: float) -> None:
        """Ends it; blocks until what is in flight is answered, at most `grace_seconds`. May be called again."""
        if self._server is None:
            if self._socket:
                self._socket.close()
            return
        if self._stop.is_set():
            return
        # 1. Nothing new.
        self._front.refuse()
        # 2. What is worked on gets its reply.
        if not self._front.wait_until_answered(grace_seconds):
            logger.warning("REST requests without an answer after %g s; they are cut off", grace_seconds)
        # 3. Replies that are on their way arrive.
        until = time.monotonic() + _FLUSH_SECONDS
        while time.monotonic() < until and self._server.has_unsent():
            self._stop.wait(0.01)
        # 4. The rest is cut.
        self._stop.set()
        self._server.pull_trigger()
        self._thread.join()
        wasyncore.close_all(self._map)
        for workers in (self._workers, self._quick_worker):
            workers.shutdown(timeout=0)

    def _run(self) -> None:
        while not self._stop.is_set():
            wasyncore.loop(timeout=1.0, use_poll=True, map=self._map, count=1)


class _Server(TcpWSGIServer):
    """Waitress' own, but that requests must come whole in time, and that some paths have a thread of their own."""

    channel_class = Channel

    def __init__(
        self,
        front: Front,
        listening: socket.socket,
        channels: dict[int, Any],
        workers: ThreadedTaskDispatcher,
        quick_worker: ThreadedTaskDispatcher,
    ) -> None:
        adjustments = Adjustments(
            ident=None,
            recv_bytes=256 * 1024,
            connection_limit=MAX_CONNECTIONS,
            cleanup_interval=_LOOK_SECONDS,
            channel_timeout=REQUEST_SECONDS,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=MAX_BODY_BYTES + 1,  # it refuses the bound itself, too
            inbuf_overflow=_NEVER_BYTES,
            outbuf_overflow=_NEVER_BYTES,
            # No thread waits for a client to read: a reply is there anyway, and no longer for being in a buffer.
            outbuf_high_watermark=_NEVER_BYTES,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,
        )
        self.intake = Intake(MAX_BODIES_BYTES)
        self._quick_worker = quick_worker
        self._quick_paths = front.quick_paths
        address = listening.getsockname()
        super().__init__(
            front,
            map=channels,
            _sock=listening,
            dispatcher=workers,
            adj=adjustments,
            sockinfo=(listening.family, listening.type, listening.proto, address),
            bind_socket=False,
        )

    def add_task(self, task: Task) -> None:
        """Has a request answered; `task` is the channel that it came by."""
        channel: Any = task
        is_quick = getattr(channel.requests[0], "path", None) in self._quick_paths
        (self._quick_worker if is_quick else self.task_dispatcher).add_task(task)

    def readable(self) -> bool:
        """Whether another connection is taken; where there are as many as may be, one that is idle makes room."""
        if len(self._map) >= MAX_CONNECTIONS:  # type: ignore[attr-defined]  # the stubs lack it
            latest_seconds = time.time() - IDLE_SECONDS
            idle = [channel for channel in self._channels() if channel.is_idle_since(latest_seconds)]
            if idle:
                min(idle, key=lambda channel: channel.last_activity).will_close = True
        return bool(super().readable())

    def maintenance(self, now: float) -> None:
        """Closes connections that nothing happens on, and those whose request takes too long to come."""
        super().maintenance(int(now))
        for channel in list(self._channels()):
            channel.close_if_late(now - REQUEST_SECONDS)

    def has_unsent(self) -> bool:
        """Whether a reply is still on its way."""
        return any(channel.total_outbufs_len for channel in list(self._channels()))

    def _channels(self) -> Any:
        """Those that are open."""
        return self.active_channels.values()  # type: ignore[attr-defined]  # the stubs say it were one channel
