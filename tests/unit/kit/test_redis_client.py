import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import redis
from redis.exceptions import AuthenticationError, BusyLoadingError, OutOfMemoryError, ReadOnlyError

from tears.kit.errors import SettingsError
from tears.kit.redis_client import OldRedisError, connect, describe, is_group_missing, is_passing, why


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://:hu@sh@house:6379/0", "house:6379/0"),
        ("rediss://user:hush@house", "house"),
        ("unix:///run/redis.sock?password=hush", "/run/redis.sock"),
        ("redis://127.0.0.1:6379/0", "127.0.0.1:6379/0"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, address: str) -> None:
    assert describe(url) == address


@pytest.mark.parametrize("url", ["redis://house", "rediss://house", "unix:///run/redis.sock"])
def test_every_kind_of_url_makes_a_client_that_retries_nothing(url: str) -> None:
    with connect(url) as client:
        connection = client.connection_pool.make_connection()
        assert connection.retry.get_retries() == 0
        assert connection.socket_timeout == 5.0


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter2#x@127.0.0.1:6379/0",
        "redis://:hunter2/x@127.0.0.1:6379/0",
        "redis://:hunter2@127.0.0.1:abc/0",
        "redis://:hunter2@[::1",
        "redis://:hunter2@127.0.0.1:6379/0?foo=1",
        "http://:hunter2@127.0.0.1",
    ],
)
def test_a_wrong_url_is_reported_with_the_cure_and_without_the_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"TEARS_REDIS_URL is not the URL of a Redis.*# is %23") as error:
        connect(url)
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


@pytest.mark.parametrize("asked", ["protocol=3", "decode_responses=true", "socket_timeout=60", "socket_timeout=abc"])
def test_a_url_must_not_set_the_options_of_the_connection(asked: str) -> None:
    with pytest.raises(SettingsError, match=f"TEARS_REDIS_URL .*{asked.partition('=')[0]}|is not the URL"):
        connect(f"redis://house:6379/0?{asked}")


def test_a_url_may_set_other_options() -> None:
    with connect("rediss://:hu%23sh@house:6379/3?ssl_cert_reqs=none") as client:
        assert client.connection_pool.connection_kwargs["password"] == "hu#sh"  # noqa: S105 - of no real server
        assert client.connection_pool.connection_kwargs["db"] == 3


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (redis.ConnectionError("gone"), True),
        (BusyLoadingError("loading"), True),
        (AuthenticationError("wrong password, which may be corrected"), True),
        (redis.TimeoutError("slow"), True),
        (OutOfMemoryError("full"), True),
        (ReadOnlyError("a replica"), True),
        (redis.ResponseError("MISCONF Redis is configured to save RDB snapshots, but ..."), True),
        (redis.ResponseError("BUSY Redis is busy running a script."), True),
        (redis.ResponseError("BUSYGROUP Consumer Group name already exists"), False),
        (redis.ResponseError("NOGROUP No such key"), False),
        (redis.ResponseError("WRONGTYPE Operation against a key"), False),
        (ValueError("MISCONF "), False),
    ],
    ids=str,
)
def test_a_fault_is_passing_if_the_request_may_succeed_later(error: Exception, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_passing(error) is expected


def test_a_missing_group_is_distinguished_from_other_refusals() -> None:
    assert is_group_missing(redis.ResponseError("NOGROUP No such key 'a' or consumer group 'b'"))
    assert is_group_missing(redis.ResponseError("UNBLOCKED the stream key no longer exists"))
    assert not is_group_missing(redis.ResponseError("ERR no such key"))


@pytest.mark.parametrize("answer", ["invalid username-password pair or user is disabled.", "Authentication required."])
def test_a_refused_password_names_the_setting_that_holds_it(answer: str) -> None:
    expected = f"{answer[:-1]}; the password in TEARS_REDIS_URL is wrong or missing: redis://:PASSWORD@HOST:PORT/0"
    assert why(AuthenticationError(answer)) == expected


def test_a_full_redis_names_its_limit() -> None:
    assert "raise its maxmemory" in why(OutOfMemoryError("command not allowed when used memory > 'maxmemory'."))


def test_any_other_fault_is_shown_as_it_is_or_by_its_class() -> None:
    assert why(redis.ConnectionError("Error 111 connecting to house:6379. Connection refused.")) == (
        "Error 111 connecting to house:6379. Connection refused"
    )
    assert why(redis.ConnectionError()) == "ConnectionError"


@contextmanager
def server_of_version(answer: bytes) -> Iterator[int]:
    """Answer HELLO with this, and every other command with OK."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            while head := stream.readline():
                words = [stream.read(int(stream.readline()[1:]) + 2)[:-2] for _ in range(int(head[1:]))]
                connection.sendall(answer if words[0] == b"HELLO" else b"+OK\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()
    thread.join()


def hello(version: str) -> bytes:
    """Return the answer of a server of this version."""
    return b"*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$%d\r\n%s\r\n" % (len(version), version.encode())


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        (hello("6.2.14"), "6.2.14"),
        (hello("6.0.16"), "6.0.16"),
        (b"-ERR unknown command `HELLO`, with args beginning with:\r\n", "older than 6.0"),
    ],
)
def test_an_old_redis_is_reported_as_such_and_may_be_replaced_while_we_wait(answer: bytes, version: str) -> None:
    with server_of_version(answer) as port, connect(f"redis://127.0.0.1:{port}/0") as client:
        with pytest.raises(OldRedisError) as error:
            client.ping()
        assert version in why(error.value)
        assert "needs 7.0 or newer" in why(error.value)
        assert is_passing(error.value)


@pytest.mark.parametrize("answer", [hello("7.0.0"), hello("8.2.1"), hello("next"), b"-NOPERM no\r\n", b"+OK\r\n"])
def test_a_redis_whose_version_suffices_or_is_not_known_is_used(answer: bytes) -> None:
    with server_of_version(answer) as port, connect(f"redis://127.0.0.1:{port}/0") as client:
        assert client.set("a", "b")
