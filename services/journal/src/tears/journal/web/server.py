"""Serve the application until the journal is asked to stop."""

import asyncio
import contextlib
import logging
import ssl
import threading
from collections.abc import Iterator
from typing import Self

import anyio.to_thread
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from tears.journal.access.access_metrics import AccessMetrics
from tears.journal.errors import JournalError
from tears.journal.settings import JournalSettings
from tears.journal.web.front.certificate import PageCertificate
from tears.journal.web.front.connections import MOST_HEAD_BYTES, bounded_connections, cut_off
from tears.kit.health import Health
from tears.kit.network.listening import listening_sockets

logger = logging.getLogger(__name__)

# How long a request may still be answered after the stop. Sound and events have no end of their own.
_DRAIN_SECONDS = 1.0
# Then uvicorn cancels what still goes on, and logs errors.
_CANCEL_AFTER_SECONDS = 10
_HEALTH_BEAT_SECONDS = 1.0
_THREADS = 16


class PageServer:
    """Serves the pages in the thread that runs it; a context manager around the port."""

    def __init__(self, app: ASGIApp, settings: JournalSettings, metrics: AccessMetrics | None = None) -> None:
        """Listen at once, so that `port` is known; serve nobody yet.

        Raises:
            JournalError: The port is taken, this machine has no such address, or the certificate cannot be used.
        """
        self._certificate = (
            PageCertificate(settings.certificate, settings.private_key) if settings.certificate else None
        )
        metrics = metrics or AccessMetrics(CollectorRegistry())
        try:
            self._sockets = listening_sockets(
                settings.page_listen, settings.port, backlog=128, if_taken=settings.port_if_taken
            )
        except OSError as error:
            raise JournalError(
                f"TEARS_JOURNAL_PORT is {settings.port} and TEARS_JOURNAL_PAGE_LISTEN is {settings.page_listen}, "
                f"where the pages cannot be: {error}; choose another port, or an address that this machine has"
            ) from error
        self.port: int = self._sockets[0].getsockname()[1]
        self._server = _SilentServer(
            uvicorn.Config(
                app,
                http=bounded_connections(metrics.refused_connections),
                ssl_context_factory=self._ssl_context if self._certificate else None,
                h11_max_incomplete_event_size=MOST_HEAD_BYTES,
                log_config=None,
                # A request that is no HTTP is not worth a line of the log.
                log_level=logging.ERROR,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                lifespan="off",
                timeout_graceful_shutdown=_CANCEL_AFTER_SECONDS,
            )
        )

    def _ssl_context(self, *_: object) -> ssl.SSLContext:
        assert self._certificate is not None  # noqa: S101 - only then is it asked for
        return self._certificate.context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._sockets:
            one.close()

    def run(self, stop: threading.Event, health: Health) -> None:
        """Serve until `stop` is set; blocks."""
        logger.info("the pages are on port %d", self.port)  # `tears up` reads this line
        asyncio.run(self._serve(stop, health))

    async def _serve(self, stop: threading.Event, health: Health) -> None:
        # Each thread may read a part of the history at once, and takes memory.
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS

        async def beat() -> None:
            while True:
                health.beat()
                if self._certificate is not None:
                    await asyncio.to_thread(self._certificate.look)
                await asyncio.sleep(_HEALTH_BEAT_SECONDS)

        async def end_with_stop() -> None:
            await asyncio.to_thread(stop.wait)
            self._server.should_exit = True
            await asyncio.sleep(_DRAIN_SECONDS)
            cut_off(self._server.server_state.connections)

        beating, watching = asyncio.create_task(beat()), asyncio.create_task(end_with_stop())
        try:
            await self._server.serve(self._sockets)
        finally:
            # The thread that waits for it would keep the loop from ending.
            stop.set()
            watching.cancel()
            beating.cancel()


class _SilentServer(uvicorn.Server):
    """A server that leaves the signals to the service, which has handlers of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Change no handler."""
        yield
