"""The connection to Redis, without the client's own retries.

A retried XADD whose first reply was lost writes twice. Who retries here knows what a second attempt does.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from tears.kit.errors import SettingsError

SOCKET_TIMEOUT_SECONDS = 5.0
# How long a read waits for work; bounds how late a stop or a new microphone is noticed.
READ_BLOCK_SECONDS = 1.0

# What a URL could say otherwise than the code here counts on.
OURS = ("protocol", "decode_responses", "encoding", "socket_timeout", "socket_connect_timeout", "retry_on_timeout")

# Redis is away, loading, full, or a replica for now: what was asked can be asked again.
PASSING_FAULTS = (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError)
# The same for what redis-py has no class for: its disk is full, a script holds it up, its replicas are away.
PASSING_REFUSALS = ("MISCONF ", "BUSY ", "NOREPLICAS ")


def connect(url: str) -> redis.Redis:
    """A client for `url`; connects at its first command. Safe to share between threads.

    Raises:
        SettingsError: `url` is none of a Redis, or asks for what is not its to say; shows no password.
    """
    # redis-py refuses the keep-alive of TCP for a Unix socket.
    tcp_options = {} if url.startswith("unix://") else {"socket_keepalive": True}
    try:
        asked = sorted(set(parse_qs(urlsplit(url).query)) & set(OURS))
        client = redis.Redis.from_url(
            url,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            protocol=2,  # stream replies are shaped differently in 3
            retry=Retry(NoBackoff(), 0),
            **tcp_options,
        )
        # Made, and not opened: what the URL asks for is looked at only here.
        client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
    except (ValueError, TypeError):
        # Not from the error: it shows parts of the URL, and a password may be one.
        raise SettingsError(
            "TEARS_REDIS_URL is no URL of a Redis, as redis://:PASSWORD@HOST:6379/0; in the password write / ? # % @ "
            "and other signs in percent: # is %23"
        ) from None
    if asked:
        raise SettingsError(f"TEARS_REDIS_URL sets {', '.join(asked)}, which is not the URL's to say; leave it out")
    return client


def is_passing(error: Exception) -> bool:
    """Whether what was asked can be asked again: see `PASSING_FAULTS` and `PASSING_REFUSALS`."""
    if isinstance(error, PASSING_FAULTS):
        return True
    return isinstance(error, ResponseError) and str(error).startswith(PASSING_REFUSALS)


def why(error: redis.RedisError) -> str:
    """What Redis said, or why it said nothing; with the cure, where waiting is none."""
    said = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, AuthenticationError):
        return f"{said}; the password in TEARS_REDIS_URL is wrong or missing: redis://:PASSWORD@HOST:PORT/0"
    if isinstance(error, OutOfMemoryError):
        return f"its memory is full ({said}); raise its maxmemory, or see who does not follow"
    return said


def is_group_missing(error: Exception) -> bool:
    """Whether a consumer group is not there: nobody has made it yet, or Redis has lost its streams."""
    # Redis before 7.2 says UNBLOCKED to a reader whose stream goes away while it waits.
    return isinstance(error, ResponseError) and str(error).startswith(("NOGROUP ", "UNBLOCKED "))


def is_stream_missing(error: Exception) -> bool:
    """Return whether Redis refused a question about a stream because there is no such stream."""
    return isinstance(error, ResponseError) and "no such key" in str(error)


def describe(url: str) -> str:
    """Host, port or socket of `url`, without the password."""
    place = url.partition("?")[0].rsplit("@", 1)[-1]
    return place.removeprefix("redis://").removeprefix("rediss://").removeprefix("unix://")
