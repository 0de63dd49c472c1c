"""Requests as they arrive: how much of them is kept in memory, and what is said of those that cannot be taken."""

from __future__ import annotations

import threading
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import Error, RequestEntityTooLarge

from tears.model_server.rest.json import replies as json_replies


class Intake:
    """How many bytes of bodies are kept. Thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        """Keeps at most `limit_bytes`."""
        self._limit_bytes = limit_bytes
        self._kept_bytes = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Makes room for so many more; False where there is none."""
        with self._lock:
            if self._kept_bytes + count > self._limit_bytes:
                return False
            self._kept_bytes += count
            return True

    def give_back(self, count: int) -> None:
        """So many are kept no longer."""
        with self._lock:
            self._kept_bytes -= count


class JsonError(Error):
    """What HTTP itself is wrong with, in the form of the API's errors."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], Any]:
        """Status, headers and body, which is bytes, whatever the stubs say."""
        del ident
        body = json_replies.error(self.body).encode(errors="replace")
        return f"{self.code} {self.reason}", [("Content-Type", "application/json")], body


class Parser(HTTPRequestParser):
    """One request. A body that is too large is read to its end and forgotten, since who still sends does not listen."""

    def __init__(self, adj: Any, intake: Intake) -> None:
        super().__init__(adj)
        self.arrived_seconds = 0.0
        self._intake = intake
        self._taken_bytes = 0
        self._is_forgetting = False

    def received(self, data: bytes) -> int:
        """Takes what has come, up to the request's end; returns how much of it that was."""
        if self._is_forgetting and self.body_rcv is not None:
            consumed = self.body_rcv.received(data)
            self.completed = self.body_rcv.completed or self.body_rcv.error is not None
        else:
            consumed = super().received(data)
            self._judge()
        if self.completed:
            self.arrived_seconds = time.perf_counter()
        return consumed

    def close(self) -> None:
        """Gives back what the body took; may be called again."""
        super().close()
        self._intake.give_back(self._taken_bytes)
        self._taken_bytes = 0

    def _judge(self) -> None:
        new_bytes = self.body_bytes_received - self._taken_bytes
        if isinstance(self.error, RequestEntityTooLarge):
            limit_bytes = self.adj.max_request_body_size - 1
            self._forget(
                JsonError(413, "Request Entity Too Large", f"a body may have {limit_bytes} bytes, and not more")
            )
        elif self.error is not None:
            self.error = JsonError(self.error.code, self.error.reason, str(self.error.body))
        elif new_bytes > 0 and not self._intake.take(new_bytes):
            message = "too many large requests are being received; try again"
            self._forget(JsonError(429, "Too Many Requests", message))
        else:
            self._taken_bytes = max(self._taken_bytes, self.body_bytes_received)

    def _forget(self, error: JsonError) -> None:
        self.error = error
        self._is_forgetting = True
        if self.body_rcv is None:
            return
        # Who waits to be told that the body is wanted is told at once that it is not.
        self.completed = self.expect_continue or self.body_rcv.completed
        self.expect_continue = False
        self.body_rcv.getbuf().close()
        self.body_rcv.buf = _Nowhere()  # type: ignore[assignment]  # it is a buffer by what it does
        self._intake.give_back(self._taken_bytes)
        self._taken_bytes = 0


class _Nowhere:
    """A buffer that keeps nothing."""

    def append(self, data: bytes) -> None:
        """Forgets it."""

    def close(self) -> None:
        """Has nothing to close."""

    def __len__(self) -> int:
        return 0


class _WsgiTask(WSGITask):
    """Tells the application when the request had arrived."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        request: Any = self.request
        environ["tears.arrived_seconds"] = request.arrived_seconds
        return environ


class Channel(HTTPChannel):
    """One connection. It knows when its request began to come, and gives back what it took."""

    task_class = _WsgiTask

    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002 - waitress' name
        self.parser_class = lambda adj: Parser(adj, server.intake)  # type: ignore[assignment]  # it is called, no more
        self._began_seconds = 0.0
        super().__init__(server, sock, addr, adj, map=map)

    def is_idle_since(self, latest_seconds: float) -> bool:
        """Whether since that time no request has been coming, being answered or on its way out as a reply."""
        is_idle = self.request is None and not self.requests and not self.total_outbufs_len
        return is_idle and not self.will_close and self.last_activity <= latest_seconds

    def received(self, data: bytes) -> bool:
        """Takes what has come."""
        taken = super().received(data)
        if self.request is None:
            self._began_seconds = 0.0
        else:
            self._began_seconds = self._began_seconds or time.time()
        return taken

    def close_if_late(self, latest_seconds: float) -> None:
        """Closes itself where a request began before that, and has still not come whole."""
        if self.request is not None and 0 < self._began_seconds < latest_seconds:
            self.will_close = True

    def handle_close(self) -> None:
        """Forgets a request that came in part only."""
        if self.request is not None:
            self.request.close()
        super().handle_close()
