"""Bound what a request may send, and how long it may take."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tears.journal.web.errors import TooLargeError, TooSlowError

# The largest form is a file of receivers with a few hundred lines.
MOST_BODY_BYTES = 64 * 1024
MOST_BODY_SECONDS = 20.0


class BoundedBody:
    """Lets the endpoint that reads a body raise TooLargeError or TooSlowError; what nobody reads is not waited for."""

    def __init__(
        self, app: ASGIApp, most_bytes: int = MOST_BODY_BYTES, most_seconds: float = MOST_BODY_SECONDS
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._most_seconds
        promised = Headers(scope=scope).get("content-length", "")
        received_bytes = int(promised) if promised.isdecimal() and int(promised) > self._most_bytes else 0
        is_whole = False

        async def receive_bounded() -> Message:
            nonlocal received_bytes, is_whole
            if is_whole:
                # From now on, only the end of the connection is waited for.
                return await receive()
            if received_bytes > self._most_bytes:
                raise TooLargeError(
                    "This is too large. A form has {kibibytes} KiB at most.", kibibytes=self._most_bytes // 1024
                )
            try:
                async with asyncio.timeout_at(ends_at):
                    message = await receive()
            except TimeoutError as error:
                raise TooSlowError("This took too long to arrive. Try again.") from error
            received_bytes += len(message.get("body", b""))
            if received_bytes > self._most_bytes:
                raise TooLargeError(
                    "This is too large. A form has {kibibytes} KiB at most.", kibibytes=self._most_bytes // 1024
                )
            is_whole = not message.get("more_body", False)
            return message

        await self._app(scope, receive_bounded, send)
