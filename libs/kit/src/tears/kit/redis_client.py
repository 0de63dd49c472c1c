"""The connection to Redis, without the client's own retries.

If the reply to an XADD is lost, a retry writes the entry twice. So only callers retry, who know what a second attempt
does.
"""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from tears.kit.errors import SettingsError

# The scripts need the flags of functions, and the alerter the count of a stream's entries.
OLDEST_REDIS = (7, 0)
SOCKET_TIMEOUT_SECONDS = 5.0
# How long a read waits for work. A stop or a new microphone is noticed this late at most.
READ_BLOCK_SECONDS = 1.0
# How long a reader waits that has no stream yet: the first microphone is noticed this late at most.
NO_STREAM_SECONDS = 0.2

# Options that a URL must not set, because the code here depends on them.
_FIXED_OPTIONS = (
    "protocol",
    "decode_responses",
    "encoding",
    "socket_timeout",
    "socket_connect_timeout",
    "retry_on_timeout",
)

# Redis is away, loading, full, or a replica for now: the same request may succeed later.
_PASSING_FAULTS = (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError)
# The same for faults without a class in redis-py: its disk is full, a script blocks it, its replicas are away.
_PASSING_REFUSALS = ("MISCONF ", "BUSY ", "NOREPLICAS ")


class OldRedisError(RedisConnectionError):
    """Raised when Redis is too old: like one that is away, it may be another one at the next attempt."""


def connect(url: str) -> redis.Redis:
    """Return a client for `url`, which connects at its first command and may be shared between threads.

    Raises:
        SettingsError: `url` is not the URL of a Redis, or sets an option that it must not; shows no password.
    """
    # redis-py refuses the keep-alive of TCP for a Unix socket.
    tcp_options = {} if url.startswith("unix://") else {"socket_keepalive": True}
    try:
        forbidden = sorted(set(parse_qs(urlsplit(url).query)) & set(_FIXED_OPTIONS))
        client = redis.Redis.from_url(
            url,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            protocol=2,  # replies about streams have another shape in 3
            retry=Retry(NoBackoff(), 0),
            driver_info=None,  # else each connection begins with CLIENT SETINFO, which our users may not call
            redis_connect_func=_greet,
            **tcp_options,
        )
        # redis-py checks the options of the URL only when it makes a connection; this makes one without opening it.
        client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
    except (ValueError, TypeError):
        # Without the text of the error: it shows parts of the URL, and one of them may be a password.
        raise SettingsError(
            "TEARS_REDIS_URL is not the URL of a Redis, such as redis://:PASSWORD@HOST:6379/0; in the password, write "
            "/ ? # % @ and other special characters in percent encoding: # is %23"
        ) from None
    if forbidden:
        raise SettingsError(f"TEARS_REDIS_URL sets {', '.join(forbidden)}, which must not be in the URL; leave it out")
    return client


def _greet(connection: Any) -> None:
    """Log in on a new connection, and raise OldRedisError if the server is too old."""
    connection.on_connect()
    # A user who may not ask INFO may ask this; it changes nothing.
    connection.send_command("HELLO", check_health=False)
    try:
        reply = connection.read_response()
    except NoPermissionError:
        return
    except ResponseError as error:
        if "unknown command" in str(error).lower():
            raise OldRedisError(_too_old("older than 6.0")) from error
        return
    facts = dict(zip(reply[::2], reply[1::2], strict=False)) if isinstance(reply, list) else {}
    version = facts.get(b"version", b"")
    found = re.match(rb"(\d+)\.(\d+)", version if isinstance(version, bytes) else b"")
    if found and (int(found[1]), int(found[2])) < OLDEST_REDIS:
        raise OldRedisError(_too_old(version.decode()))


def _too_old(version: str) -> str:
    oldest = ".".join(map(str, OLDEST_REDIS))
    return f"this Redis is {version}, and Tears needs {oldest} or newer; upgrade it, or name another in TEARS_REDIS_URL"


def is_passing(error: Exception) -> bool:
    """Return whether the same request may succeed later."""
    if isinstance(error, _PASSING_FAULTS):
        return True
    return isinstance(error, ResponseError) and str(error).startswith(_PASSING_REFUSALS)


def why(error: Exception) -> str:
    """Return what Redis answered or why it did not answer, with the cure if waiting does not help."""
    answer = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, AuthenticationError):
        return f"{answer}; the password in TEARS_REDIS_URL is wrong or missing: redis://:PASSWORD@HOST:PORT/0"
    if isinstance(error, OutOfMemoryError):
        return f"its memory is full ({answer}); raise its maxmemory, or find out which service is behind"
    return answer


def is_refused_key(error: Exception) -> bool:
    """Return whether Redis refused a key, because it holds another type or this user may not use it.

    Waiting does not cure that, but an operator can, and nothing is lost meanwhile.
    """
    if isinstance(error, NoPermissionError):
        return True
    return isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE ")


def is_away(error: redis.RedisError) -> bool:
    """Return whether Redis could not be reached, as while it starts; a wrong password is something else."""
    return isinstance(error, (RedisConnectionError, RedisTimeoutError)) and not isinstance(error, AuthenticationError)


def is_group_missing(error: Exception) -> bool:
    """Return whether a consumer group does not exist: it was not made yet, or Redis has lost its streams."""
    # Redis before 7.2 answers UNBLOCKED to a reader whose stream is deleted while it waits.
    return isinstance(error, ResponseError) and str(error).startswith(("NOGROUP ", "UNBLOCKED "))


def is_stream_missing(error: Exception) -> bool:
    """Return whether Redis refused a question about a stream because there is no such stream."""
    return isinstance(error, ResponseError) and "no such key" in str(error)


def describe(url: str) -> str:
    """Return the host and port, or the socket, of `url`, without the password."""
    place = url.partition("?")[0].rsplit("@", 1)[-1]
    return place.removeprefix("redis://").removeprefix("rediss://").removeprefix("unix://")
