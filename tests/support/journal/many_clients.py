"""Many pages at once that look at a house and listen to a room, as raw HTTP so that the machine can bear them."""

import asyncio
import http.client
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode, urlsplit

from support.journal.journal_process import PASSWORD


@dataclass
class ClientCount:
    """What one client has got."""

    path: str
    received_bytes: int = 0
    is_open: bool = False


def log_in_by_form(address: str) -> str:
    """Return the cookies of a parent who has just logged in."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.request("GET", "/login")
        reply = connection.getresponse()
        csrf = reply.read().decode().partition('name="csrf" content="')[2].partition('"')[0]
        cookies = _cookies(reply)
        form = urlencode({"password": PASSWORD, "csrf": csrf})
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded", "Origin": address}
        connection.request("POST", "/login", form, headers)
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 303, reply.status
        return _cookies(reply)
    finally:
        connection.close()


class ManyClients:
    """Clients that read as fast as they can, and some that never read; use it as a context manager."""

    def __init__(self, address: str, paths: list[str], asleep: list[str]) -> None:
        """Open nothing yet.

        Args:
            address: of the journal.
            paths: one for each client.
            asleep: one for each client that asks for something and then reads nothing.
        """
        self.clients = [ClientCount(path) for path in paths]
        self._asleep = [ClientCount(path) for path in asleep]
        self._host, self._port = urlsplit(address).hostname, urlsplit(address).port
        self._cookies = log_in_by_form(address)
        self._never = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        # The loop itself keeps no task that waits alive.
        self._reading: list[Future[None]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        tasks = [self._read(client, sleeps=False) for client in self.clients]
        tasks += [self._read(client, sleeps=True) for client in self._asleep]
        self._reading = [asyncio.run_coroutine_threadsafe(task, self._loop) for task in tasks]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _read(self, client: ClientCount, *, sleeps: bool) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=4_096)
        try:
            request = (
                f"GET {client.path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nCookie: {self._cookies}\r\n\r\n"
            )
            writer.write(request.encode())
            status = await reader.readline()
            client.is_open = b" 200 " in status
            while not sleeps and (received := await reader.read(65_536)):
                client.received_bytes += len(received)
            if sleeps:
                await self._never.wait()
            client.is_open = False
        finally:
            writer.close()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _cookies(reply: http.client.HTTPResponse) -> str:
    return "; ".join(one.partition(";")[0] for one in reply.headers.get_all("Set-Cookie", []))
