"""Restart processes that have died, and restore the sockets that something deleted."""

import time
from collections import deque

from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import ChildProcess
from tears.cli.pipeline.runtime_folder import KeptSocket
from tears.kit.service import EXIT_BAD_SETTINGS

RESTART_SECONDS = 1.0
# A process that died this often within this time is not restarted, because it would die again.
MOST_DEATHS = 5
DEATHS_WITHIN_SECONDS = 30.0


class Revival:
    """Looks after processes by their names; `count` is how many were restarted."""

    def __init__(self) -> None:
        self.count = 0
        self._sockets: dict[str, KeptSocket] = {}
        self._deaths: dict[str, deque[float]] = {}
        self._restarted_at_seconds: dict[str, float] = {}
        self._notes: list[str] = []

    def keep_socket(self, name: str, socket: KeptSocket) -> None:
        """Keep the socket of the process of that name from now on."""
        self._sockets[name] = socket

    def forget_sockets(self) -> None:
        """Let all sockets go, because their processes end."""
        for socket in self._sockets.values():
            socket.forget()

    def take_notes(self) -> list[str]:
        """Return what was found since the last call and a user should know."""
        notes, self._notes = self._notes, []
        return notes

    def revived(self, child: ChildProcess) -> ChildProcess:
        """Return the process if it runs, else a new one in its place; at most one restart a second.

        Raises:
            StartError: It refused its settings or died too often; the message has the last lines of its log.
        """
        child.copy_log()
        self._restore_socket(child)
        now = time.monotonic()
        if child.status is None or now - self._restarted_at_seconds.get(child.name, float("-inf")) < RESTART_SECONDS:
            return child
        self._restarted_at_seconds[child.name] = now
        self.count += 1
        deaths = self._deaths.setdefault(child.name, deque(maxlen=MOST_DEATHS))
        deaths.append(now)
        is_hopeless = len(deaths) == MOST_DEATHS and now - deaths[0] < DEATHS_WITHIN_SECONDS
        if child.status == EXIT_BAD_SETTINGS or is_hopeless:
            raise StartError(f"{child.name} ended with status {child.status}:\n{child.log_tail()}")
        if socket := self._sockets.get(child.name):
            socket.forget()
        return child.restarted()

    def _restore_socket(self, child: ChildProcess) -> None:
        """Restore the socket of a process that runs; stop the process if only a new one can make the socket again."""
        socket = self._sockets.get(child.name)
        if socket is None or child.status is not None or socket.keep():
            return
        self._notes.append(f"{child.name}: {socket.path} was deleted; restarting it")
        socket.forget()
        child.ask_to_stop()
