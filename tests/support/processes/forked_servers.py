"""Model servers that start in a moment: each is forked from one process that has imported everything already."""

import multiprocessing
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

from support.waiting import wait_until

from tears.model_server.__main__ import main

_PORT = re.compile(r"gRPC on port (\d+)")
_EXIT_SECONDS = 60.0
# The process that forks imports the server once. It does not know the folder of the tests.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([main.__module__])


class ForkedServer:
    """One model server; its whole life is that of `python -m tears.model_server`, but for the imports."""

    def __init__(self, arguments: Sequence[str], log_path: Path) -> None:
        """Start it; what it prints goes to the log."""
        self._log_path = log_path
        self._process = _FORKS.Process(target=_serve, args=(list(arguments), str(log_path)), daemon=True)
        self._process.start()

    def log(self) -> str:
        """Return what it has printed."""
        return self._log_path.read_text() if self._log_path.exists() else ""

    def port(self) -> int:
        """Wait until the log names the gRPC port, and return it."""
        wait_until(lambda: _PORT.search(self.log()) is not None, describe=self.log)
        found = _PORT.search(self.log())
        assert found is not None
        return int(found[1])

    def terminate(self) -> None:
        """Send SIGTERM."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGTERM)

    def wait_for_exit(self) -> int | None:
        """Wait until it ends, and return its exit status."""
        self._process.join(_EXIT_SECONDS)
        return self._process.exitcode

    def kill(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self._process.join(_EXIT_SECONDS)


def _serve(arguments: list[str], log_path: str) -> None:
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    raise SystemExit(main(arguments))
