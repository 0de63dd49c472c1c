"""One HTTP connection: reads whole requests, and sends their replies in turn. h11 parses HTTP."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from http.client import responses
from typing import Any, Final

import h11

from tears.model_server.rest.gzip_body import MAX_BODY_BYTES
from tears.model_server.rest.reply import Reply, error_reply
from tears.model_server.rest.request import HttpRequest

logger = logging.getLogger(__name__)

MAX_HEADER_BYTES: Final = 32 * 1024
# A request must arrive as a whole within this time, and a connection on which nothing happens is closed after it.
REQUEST_SECONDS: Final = 60.0
READ_BYTES: Final = 256 * 1024


class BodyBudget:
    """Bounds the bytes of all bodies that are kept in memory together. Used by the event loop only."""

    def __init__(self, limit_bytes: int) -> None:
        """Keep at most `limit_bytes`."""
        self._limit_bytes = limit_bytes
        self.kept_bytes = 0

    def reserve(self, count: int) -> bool:
        """Reserve `count` more bytes; False if there is no room for them."""
        if self.kept_bytes + count > self._limit_bytes:
            return False
        self.kept_bytes += count
        return True

    def give_back(self, count: int) -> None:
        """Give back `count` bytes that were reserved."""
        self.kept_bytes -= count


class HttpConnection:
    """Serves one client. A slow client occupies a coroutine, never a thread."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        budget: BodyBudget,
        answer: Callable[[HttpRequest], Awaitable[Reply]],
    ) -> None:
        """Read nothing yet; the budget bounds the bodies of all connections together."""
        writer.transport.set_write_buffer_limits(high=0)  # so that `drain` waits until all has been sent
        self._reader = reader
        self._writer = writer
        self._budget = budget
        self._reserved_bytes = 0
        self._answer = answer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEADER_BYTES)
        # When the connection became idle; None while a request is arriving, waiting or being answered.
        self.idle_since_seconds: float | None = asyncio.get_running_loop().time()
        # When a request began to arrive; None unless one is arriving.
        self.arriving_since_seconds: float | None = None

    @property
    def has_unsent(self) -> bool:
        """Whether a reply is still on its way."""
        return self._writer.transport.get_write_buffer_size() > 0

    @property
    def waits_for_client(self) -> bool:
        """Return whether the client has yet to send a request, or the rest of one, or to read a reply."""
        return self.has_unsent or self.idle_since_seconds is not None or self.arriving_since_seconds is not None

    def close(self) -> None:
        """Close the connection at once; what the client has not read of a reply is lost."""
        self._writer.transport.abort()

    async def serve(self) -> None:
        """Serve until the client leaves or is too slow, or until either side ends the connection."""
        try:
            while await self._serve_request():
                self._http.start_next_cycle()
        except (OSError, TimeoutError):
            pass  # the client has gone, or is too slow
        except Exception:
            logger.exception("a REST connection failed")
        finally:
            self._give_back()
            self._writer.transport.abort()

    async def _serve_request(self) -> bool:
        """Serve one request; return whether another may follow."""
        if not await self._wait_for_request():
            return False
        is_head = False
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                request = await self._read_request()
                self.arriving_since_seconds = None
        except h11.RemoteProtocolError as error:
            reply = error_reply(f"this is not HTTP: {error}", error.error_status_hint)
        else:
            if request is None:
                return False
            is_head = isinstance(request, HttpRequest) and request.method == "HEAD"
            reply = await self._answer(request) if isinstance(request, HttpRequest) else request
        self._give_back()
        self._write(reply, is_head=is_head)
        await self._drain()
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _wait_for_request(self) -> bool:
        """Wait for the first bytes of a request; return whether any came."""
        if not self._http.trailing_data[0]:
            self.idle_since_seconds = asyncio.get_running_loop().time()
            async with asyncio.timeout(REQUEST_SECONDS):
                if not await self._receive():
                    return False
        self.arriving_since_seconds, self.idle_since_seconds = asyncio.get_running_loop().time(), None
        return True

    async def _read_request(self) -> HttpRequest | Reply | None:
        """Return a whole request, or the reply that refuses it, or None if the client has left.

        A body that is refused is read to its end and forgotten, because a client that still sends does not read.
        """
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        body = bytearray()
        refusal = _too_large() if int(headers.get("content-length", "0")) > MAX_BODY_BYTES else None
        if refusal and self._http.they_are_waiting_for_100_continue:
            return refusal
        while isinstance(event := await self._next_event(), h11.Data):
            if refusal is None:
                refusal = self._keep(body, event.data)
        if not isinstance(event, h11.EndOfMessage):
            return None
        target = head.target.decode("latin-1")
        encoding = headers.get("content-encoding", "")
        return refusal or HttpRequest(head.method.decode("latin-1"), _origin_form(target), body, encoding)

    def _keep(self, body: bytearray, received: bytes) -> Reply | None:
        """Add to a body; if it becomes too large, forget it and return the reply that says so."""
        if len(body) + len(received) > MAX_BODY_BYTES:
            refusal = _too_large()
        elif self._budget.reserve(len(received)):
            self._reserved_bytes += len(received)
            body += received
            return None
        else:
            message = "too many large requests are being received; try again"
            refusal = error_reply(message, HTTPStatus.TOO_MANY_REQUESTS)
        body.clear()
        self._give_back()
        return refusal

    async def _next_event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, reason=b"Continue", headers=[])
                self._writer.write(self._http.send(go_on) or b"")
            await self._receive()
        return event

    async def _receive(self) -> bool:
        """Hand what has arrived to h11; return whether the client still sends."""
        is_head = self._http.their_state is h11.IDLE
        # h11 measures only headers that are still incomplete, so it gets no more than one byte too many of them.
        limit_bytes = MAX_HEADER_BYTES + 1 - len(self._http.trailing_data[0]) if is_head else READ_BYTES
        received = await self._reader.read(limit_bytes)
        self._http.receive_data(received)
        return bool(received)

    def _write(self, reply: Reply, *, is_head: bool) -> None:
        headers = [("Date", formatdate(usegmt=True)), *reply.headers, ("Content-Length", str(len(reply.body)))]
        if self._http.their_state in {h11.ERROR, h11.SEND_BODY}:  # no one knows where the next request would begin
            headers.append(("Connection", "close"))
        reason = responses.get(reply.status, "Client Closed Request").encode()
        head = h11.Response(status_code=reply.status, reason=reason, headers=headers)
        events = [head, h11.EndOfMessage()] if is_head else [head, h11.Data(data=reply.body), h11.EndOfMessage()]
        self._writer.writelines(part for event in events for part in self._http.send_with_data_passthrough(event) or ())

    async def _drain(self) -> None:
        """Wait until the reply has been sent; raises TimeoutError if the client does not read on."""
        left_bytes: float = math.inf
        while (unsent_bytes := self._writer.transport.get_write_buffer_size()) < left_bytes:
            left_bytes = unsent_bytes
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    return await self._writer.drain()
            except TimeoutError:
                continue  # unless it has read nothing at all
        raise TimeoutError

    def _give_back(self) -> None:
        self._budget.give_back(self._reserved_bytes)
        self._reserved_bytes = 0


def _too_large() -> Reply:
    message = f"a body may have {MAX_BODY_BYTES} bytes, and not more"
    return error_reply(message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _origin_form(target: str) -> str:
    """Return a target without scheme and authority, which proxies send and servers have to accept (RFC 9112)."""
    if target.startswith("/"):
        return target
    path_and_query = target.partition("://")[2].partition("/")[2]
    return f"/{path_and_query}"
