"""Run the `tears` command as a user does."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.processes.service_process import NEVER_OVERLOADED

RUN_SECONDS = 300.0
# Each run has its own, so that none knows the rooms of another.
_STATE_HOMES = tempfile.TemporaryDirectory(prefix="states-")


def environment() -> dict[str, str]:
    """Return our environment with unbuffered output, without settings of the services and without runtime folders."""
    kept = ("TEARS_DATASET_DIR", "TEARS_YAMNET")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TEARS_") or name in kept}
    for name in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"):
        inherited.pop(name, None)
    state_home = tempfile.mkdtemp(dir=_STATE_HOMES.name)
    # Nothing can be written there, so no test finds or leaves a model in the home of the user who runs it.
    homes = {"XDG_STATE_HOME": state_home, "XDG_DATA_HOME": "/proc/no-data"}
    # Tests run beside each other: with the usual port, each would give the pages of another to its alerts.
    page = {"TEARS_JOURNAL_PORT": "0"}
    limits = {name: value for settings in NEVER_OVERLOADED.values() for name, value in settings.items()}
    return {**inherited, **homes, **page, **limits, "PYTHONUNBUFFERED": "1", "COLUMNS": "120"}


def tears(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "tears.cli", *map(str, arguments)]
    return subprocess.run(
        command, env=environment() | settings, capture_output=True, text=True, check=False, timeout=RUN_SECONDS
    )


def start_tears(*arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
    """Start the command; the caller waits for it."""
    command = [sys.executable, "-m", "tears.cli", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment() | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Yield the process id and command line of the children of `pid`, and of their children."""
    for child in children(pid):
        try:
            command = Path(f"/proc/{child}/cmdline").read_text()
        except OSError:  # it has ended meanwhile
            continue
        yield child, command.replace("\0", " ")
        yield from descendants(child)


def began_at(pid: int) -> str:
    """Return when a process began, in the kernel's ticks; empty if it has ended. Its number may be given again."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def children(pid: int) -> list[int]:
    """Return the process ids of the children of all threads of `pid`; empty where it has ended."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            found += [int(child) for child in task.read_text().split()]
    return found
