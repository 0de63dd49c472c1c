"""The journal as a child process: its events come through a pipe, its figures from its probe port."""

import contextlib
import http.client
import json
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Self

from tears.cli.pipeline.child_process import ending_with_us
from tears.cli.pipeline.stop_signals import tidying_up
from tears.kit.network.listening import LISTEN_VARIABLE, LOOPBACK, reachable_host

_LAST_LINES = 12
_PROBE_TIMEOUT_SECONDS = 1.0
_PORT = re.compile(r"probes on port (\d+)")


@dataclass(frozen=True)
class JournalEvent:
    """One line of the journal's log; `fields` holds all that the line has."""

    message: str
    is_warning: bool
    fields: Mapping[str, Any]


class JournalProcess:
    """Runs `python -m tears.journal.recordings`; a context manager that leaves nothing behind.

    Its log comes through a pipe and not through a file, so that it is shown even when every disk is full.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Start at once; `environ` is the whole environment of the process."""
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            ending_with_us([sys.executable, "-m", "tears.journal.recordings"]),
            env={
                **environ,
                "TEARS_LOG_FORMAT": "json",
                "TEARS_LOG_LEVEL": "INFO",
                "TEARS_JOURNAL_PROBE_PORT": "0",
                LISTEN_VARIABLE: LOOPBACK,
                "TEARS_JOURNAL_STOP_WITH_STDIN": "true",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Ctrl-C in the terminal is for us alone; the journal drains when its standard input is closed.
            start_new_session=True,
        )
        self._events: SimpleQueue[JournalEvent | None] = SimpleQueue()
        self._port = 0
        self._other_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._follower = threading.Thread(target=self._follow_log, name="journal", daemon=True)
        self._follower.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with tidying_up():
            if self._process.poll() is None:
                self._process.kill()
            self.ask_to_stop()
            self._process.wait()
            self._follower.join()

    def next_event(self, timeout_seconds: float) -> JournalEvent | None:
        """Return the next event of the journal itself; None if there was none in this time.

        Raises:
            EOFError: The process has ended, and there are no more events.
        """
        try:
            event = self._events.get(timeout=timeout_seconds)
        except Empty:
            return None
        if event is None:
            raise EOFError
        return event

    def ask_to_stop(self) -> None:
        """Let the journal drain; returns at once, and may be called again."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> int:
        """Block until the process has ended, and return its exit status."""
        return self._process.wait()

    def error_lines(self) -> str:
        """Return the last lines that were not log lines: an error message."""
        return "\n".join(self._other_lines).removeprefix("journal: ")

    def ask(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a probe, such as `/metrics`.

        Raises:
            OSError: There is no answer: the process has not begun to listen, has ended, or hangs.
        """
        # No proxy: http.client asks none.
        connection = http.client.HTTPConnection(reachable_host(LOOPBACK), self._port, timeout=_PROBE_TIMEOUT_SECONDS)
        with contextlib.closing(connection):
            try:
                connection.request("GET", path)
                reply = connection.getresponse()
                return reply.status, reply.read().decode()
            except http.client.HTTPException as error:
                raise ConnectionError(str(error)) from error

    def _follow_log(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it is a pipe
        with self._process.stderr as log:
            for line in log:
                self._take_line(line.decode(errors="replace").rstrip("\n"))
        self._events.put(None)

    def _take_line(self, line: str) -> None:
        try:
            fields = json.loads(line)
            event = JournalEvent(fields["message"], fields["level"] != "INFO", fields)
        except (ValueError, TypeError, KeyError):
            self._other_lines.append(line)
            return
        if str(fields.get("logger", "")).startswith("tears.journal"):
            self._events.put(event)
        elif found := _PORT.search(event.message):
            self._port = int(found[1])
