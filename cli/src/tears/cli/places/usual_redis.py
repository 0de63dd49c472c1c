"""The Redis of a machine that runs Tears as a service, which other commands use if no pipeline says that it runs."""

from collections.abc import Callable
from typing import Final

import click
import redis

from tears.kit.redis_client import connect
from tears.kit.registry.mics import read_mics
from tears.kit.streams import names

USUAL_REDIS_URL: Final = "redis://127.0.0.1:6379/0"

usual_redis_option: Callable[..., Callable[..., None]] = click.option(
    "--usual-redis",
    "usual_url",
    default=USUAL_REDIS_URL,
    show_default=True,
    help="The Redis of the service of this machine, which is used while no ./tears up runs.",
)


def has_microphones(url: str) -> bool:
    """Return whether a Redis answers that knows our microphones; the machine may have one for something else."""
    try:
        with connect(url) as client:
            return bool(client.exists(names.MICS_HASH))
    except redis.RedisError:
        return False


def has_recorder(url: str) -> bool:
    """Return whether a recorder holds a lease there now; the registry also lists recorders of long ago."""
    try:
        with connect(url) as client:
            return any(client.exists(names.lease(mic)) for mic in read_mics(client))
    except redis.RedisError:
        return False
