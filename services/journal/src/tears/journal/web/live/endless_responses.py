"""Responses that go on until the page is closed: events, and sound."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import msgspec
from prometheus_client import Gauge
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from tears.journal.errors import TooManyListenersError
from tears.journal.live.sound.sound_hub import SoundHub
from tears.journal.live.sound.sound_tap import SoundTap
from tears.journal.web.errors import NotNowError

_EVENT_SECONDS: Final = 1.0
# Then the page connects again, and its login is checked again.
_LONGEST_RESPONSE_SECONDS: Final = 1_800.0
# How soon they end for a browser that was logged out.
_LOOK_AGAIN_SECONDS: Final = 10.0
# No proxy keeps what belongs to this moment, or waits until there is more of it.
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventResponse(StreamingResponse):
    """Server-sent events: a value as JSON, at once and then each second.

    The format is a line for each event, so no package is needed for it.
    """

    def __init__(
        self, value: Callable[[], Any], watchers: Gauge, is_still_let_in: Callable[[], Awaitable[bool]]
    ) -> None:
        super().__init__(
            _while_let_in(self._events(value, watchers), is_still_let_in),
            media_type="text/event-stream",
            headers=_HEADERS,
        )

    async def _events(self, value: Callable[[], Any], watchers: Gauge) -> AsyncIterator[bytes]:
        with watchers.track_inprogress():
            ends_at = asyncio.get_running_loop().time() + _LONGEST_RESPONSE_SECONDS
            while asyncio.get_running_loop().time() < ends_at:
                yield b"data: " + msgspec.json.encode(value()) + b"\n\n"
                await asyncio.sleep(_EVENT_SECONDS)


class SoundResponse(StreamingResponse):
    """The sound of a room from now on; NotNowError comes before its first byte if too many listen already."""

    def __init__(self, mic: str, hub: SoundHub, is_still_let_in: Callable[[], Awaitable[bool]]) -> None:
        self._mic = mic
        self._hub = hub
        self._is_still_let_in = is_still_let_in
        super().__init__((), media_type="audio/mpeg", headers=_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it until the page is closed."""
        if scope["method"] == "HEAD":
            await super().__call__(scope, receive, send)
            return
        try:
            with self._hub.listen(self._mic) as tap:
                self.body_iterator = _while_let_in(_pieces(tap), self._is_still_let_in)
                await super().__call__(scope, receive, send)
        except TooManyListenersError as error:
            raise NotNowError(str(error)) from error


async def _pieces(tap: SoundTap) -> AsyncIterator[bytes]:
    ends_at = asyncio.get_running_loop().time() + _LONGEST_RESPONSE_SECONDS
    async for piece in tap.pieces():
        yield piece
        if asyncio.get_running_loop().time() >= ends_at:
            return


async def _while_let_in(
    pieces: AsyncIterator[bytes], is_still_let_in: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Yield what comes until the visitor was logged out. The disk is asked aside: sound never waits for it."""

    async def be_shut_out() -> None:
        while True:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            if not await is_still_let_in():
                return

    shut_out = asyncio.create_task(be_shut_out())
    try:
        async for piece in pieces:
            if shut_out.done():
                return
            yield piece
    finally:
        shut_out.cancel()
