"""Find the Redis of the pipeline to record, if no option names one."""

import threading

import redis
from rich.console import Console
from rich.text import Text

from tears.cli.errors import InputError
from tears.cli.places.running_pipelines import running_redis_urls
from tears.kit.redis_client import connect
from tears.kit.secrets_in_text import without_passwords
from tears.kit.streams.names import MICS_HASH

# The Redis of a machine that runs Tears as a service.
USUAL_REDIS_URL = "redis://127.0.0.1:6379/0"
_LOOK_SECONDS = 0.5


def wait_for_pipeline(stop: threading.Event, console: Console) -> str | None:
    """Block until a pipeline listens on this machine; return the URL of its Redis, or None if `stop` was set before.

    Raises:
        InputError: There are several, and somebody has to choose.
    """
    has_said = False
    while not stop.is_set():
        urls = running_redis_urls()
        if len(urls) > 1:
            shown = " or ".join(map(without_passwords, urls))
            raise InputError(f"{len(urls)} pipelines run here; name the Redis of one with --redis: {shown}")
        if urls:
            return urls[0]
        if _has_microphones(USUAL_REDIS_URL):
            return USUAL_REDIS_URL
        if not has_said:
            has_said = True
            words = (
                "nothing listens on this machine yet: start `./tears up` in another terminal, or name a Redis: --redis"
            )
            console.print(Text(words, "yellow"), soft_wrap=True)
        stop.wait(_LOOK_SECONDS)
    return None


def is_running(url: str) -> bool:
    """Return whether the pipeline with this Redis still runs; that of a machine's service always does."""
    return url == USUAL_REDIS_URL or url in running_redis_urls()


def _has_microphones(url: str) -> bool:
    """Return whether a Redis answers that has our microphones; the machine may have one for something else."""
    try:
        with connect(url) as client:
            return bool(client.exists(MICS_HASH))
    except redis.RedisError:
        return False
