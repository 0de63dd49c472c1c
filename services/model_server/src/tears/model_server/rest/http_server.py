"""The HTTP server of the REST port: one thread serves all connections, and up to `threads` others answer requests.

A client that is slow to send or to read occupies none of them. The probes and the metrics have a thread of their own,
so that a server whose models are busy does not look dead, and connections of their own, so that neither do many slow
clients make it look dead.
"""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

from tears.kit.network.listening import LOOPBACK, listening_sockets
from tears.model_server.errors import ListenError
from tears.model_server.rest.application import Application
from tears.model_server.rest.daemon_threads import DaemonThreads
from tears.model_server.rest.gzip_body import MAX_BODY_BYTES
from tears.model_server.rest.http_connection import READ_BYTES, BodyBudget, HttpConnection
from tears.model_server.rest.reply import Reply, error_reply
from tears.model_server.rest.request import HttpRequest

logger = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 100
MAX_BODIES_BYTES: Final = 2 * MAX_BODY_BYTES  # of all connections together
# While there are as many connections as there may be, one that has been idle for this long, or on which a request has
# been arriving for that long, makes room for another.
MIN_IDLE_SECONDS: Final = 1.0
MIN_ARRIVING_SECONDS: Final = 10.0
# Connections above the bound. A question about the server is answered on them; other requests wait for their turn.
MAX_EXTRA_CONNECTIONS: Final = 32
# Of these, the oldest that waits for its client makes room. A probe sends its request at once.
MIN_EXTRA_SECONDS: Final = 0.25
# Connections above both bounds, whose requests have arrived as a whole and wait for their turn; others are refused.
MAX_WAITING_CONNECTIONS: Final = 256
_BACKLOG: Final = 1024
_ROOM_LOOK_SECONDS: Final = 0.1
_ACCEPT_PAUSE_SECONDS: Final = 1.0
_DRAIN_LOOK_SECONDS: Final = 0.01
_FLUSH_SECONDS: Final = 1.0


class RestServer:
    """Listens, answers, and ends; call its methods in the order in which they stand here."""

    def __init__(
        self,
        application: Application,
        port: int,
        *,
        threads: int,
        bodies_bytes: int = MAX_BODIES_BYTES,
        listen: str = LOOPBACK,
    ) -> None:
        """Listen nowhere yet. Port 0 takes any free one; `listen` is the setting TEARS_LISTEN.

        As many requests are answered at once as there are threads. All bodies together may have `bodies_bytes`.
        """
        self._application = application
        self._port = port
        self._listen = listen
        self._sockets: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop = asyncio.Event()
        self._workers = DaemonThreads(threads, "rest")
        self._quick_worker = DaemonThreads(1, "rest probes")
        self._budget = BodyBudget(bodies_bytes)
        self._connections: dict[asyncio.Task[None], HttpConnection] = {}
        # Those above the bound, and when each was accepted; the oldest is first.
        self._extra: dict[asyncio.Task[None], HttpConnection] = {}
        self._extra_since_seconds: dict[HttpConnection, float] = {}
        self._waiting: dict[asyncio.Task[None], HttpConnection] = {}
        self._first_waiting = asyncio.Lock()
        self._unanswered = 0

    def listen(self) -> int:
        """Bind the port and return it.

        Raises:
            ListenError: The port is taken, or this user may not listen there.
        """
        try:
            self._sockets = listening_sockets(self._listen, self._port, backlog=_BACKLOG)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise ListenError(f"cannot listen on port {self._port} for the REST API: {reason}") from error
        for one in self._sockets:
            one.setblocking(False)  # noqa: FBT003 - the standard library's signature
        return int(self._sockets[0].getsockname()[1])

    def start(self) -> None:
        """Answer the probes and the metrics from now on; does not block."""
        if not self._sockets:
            raise ListenError("the REST API listens nowhere: call listen() before start()")
        self._workers.start()
        self._quick_worker.start()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=[self._loop], name="rest", daemon=True)
        self._thread.start()

    def admit(self) -> None:
        """Answer the API as well: the models have been loaded."""
        self._application.admit()

    def refuse(self) -> None:
        """Refuse new requests; the probes go on."""
        self._application.refuse()

    def close(self, grace_seconds: float) -> None:
        """End; blocks until the requests in flight are answered, at most `grace_seconds`. May be called again."""
        if self._loop and self._thread and self._thread.is_alive():
            self._application.refuse()
            asyncio.run_coroutine_threadsafe(self._drain(grace_seconds), self._loop).result()
            self._thread.join()
            self._workers.end()
            self._quick_worker.end()
        for one in self._sockets:
            one.close()

    async def _drain(self, grace_seconds: float) -> None:
        # 1. Requests in flight get their replies.
        if not await _wait_until(lambda: not self._unanswered, grace_seconds):
            logger.warning("REST requests without an answer after %g s; they are cut off", grace_seconds)
        # 2. Replies that are on their way arrive.
        await _wait_until(lambda: not any(each.has_unsent for each in self._all_connections()), _FLUSH_SECONDS)
        # 3. The rest is cut.
        self._stop.set()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_until_complete(self._serve())
        finally:
            loop.close()

    async def _serve(self) -> None:
        accepting = [asyncio.create_task(self._accept(one)) for one in self._sockets]
        await self._stop.wait()
        tasks = [*accepting, *self._connections, *self._extra, *self._waiting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._make_extra_room()
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:  # there are too many open files, most likely
                logger.warning("cannot accept a connection: %s", error)
                await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)
                continue
            try:
                # A reply must not wait until the client has acknowledged the one before.
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                reader, writer = await asyncio.open_connection(sock=accepted, limit=READ_BYTES)
            except OSError:  # the client has gone already
                accepted.close()
                continue
            connection = HttpConnection(reader, writer, self._budget, self._answer)
            task = asyncio.create_task(connection.serve())
            if len(self._connections) < MAX_CONNECTIONS:
                self._connections[task] = connection
            else:
                self._extra[task] = connection
                self._extra_since_seconds[connection] = loop.time()
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task, None)
        self._waiting.pop(task, None)
        connection = self._extra.pop(task, None)
        if connection:
            del self._extra_since_seconds[connection]

    def _all_connections(self) -> list[HttpConnection]:
        return [*self._connections.values(), *self._extra.values(), *self._waiting.values()]

    async def _make_extra_room(self) -> None:
        """Wait while there are too many connections above the bound; one that waits for its client is closed.

        A connection whose request is being answered could not end at once, and its client would lose the reply.
        """
        while len(self._extra) >= MAX_EXTRA_CONNECTIONS:
            now_seconds = asyncio.get_running_loop().time()
            for each in self._extra.values():
                if now_seconds - self._extra_since_seconds[each] >= MIN_EXTRA_SECONDS and each.waits_for_client:
                    each.close()
                    break
            await asyncio.wait(self._extra, timeout=_ROOM_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    async def _enter(self) -> bool:
        """Wait until the connection of the current task is one of those within the bound; False if too many wait."""
        task = asyncio.current_task()
        if task not in self._extra:
            return True
        if len(self._waiting) >= MAX_WAITING_CONNECTIONS:
            return False
        connection = self._waiting[task] = self._extra.pop(task)
        del self._extra_since_seconds[connection]
        async with self._first_waiting:
            await self._make_room()
            self._connections[task] = self._waiting.pop(task)
        return True

    async def _make_room(self) -> None:
        """Wait while there are too many connections; the one that has been idle or slow for the longest is closed."""
        while len(self._connections) >= MAX_CONNECTIONS:
            now_seconds = asyncio.get_running_loop().time()
            waited = {
                each: now_seconds - since
                for each in self._connections.values()
                for since, least in (
                    (each.idle_since_seconds, MIN_IDLE_SECONDS),
                    (each.arriving_since_seconds, MIN_ARRIVING_SECONDS),
                )
                if since is not None and now_seconds - since >= least
            }
            if waited:
                max(waited, key=waited.__getitem__).close()
            await asyncio.wait(self._connections, timeout=_ROOM_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    async def _answer(self, request: HttpRequest) -> Reply:
        self._unanswered += 1
        try:
            is_quick = self._application.is_quick(request)
            if not is_quick and not await self._enter():
                return error_reply("too many requests are waiting; try again", HTTPStatus.SERVICE_UNAVAILABLE)
            workers = self._quick_worker if is_quick else self._workers
            return await workers.run(partial(self._application.answer, request))
        finally:
            self._unanswered -= 1


async def _wait_until(is_done: Callable[[], bool], timeout_seconds: float) -> bool:
    """Wait until `is_done`; False if that took too long."""
    loop = asyncio.get_running_loop()
    end_seconds = loop.time() + timeout_seconds
    while not is_done():
        if loop.time() >= end_seconds:
            return False
        await asyncio.sleep(_DRAIN_LOOK_SECONDS)
    return True
