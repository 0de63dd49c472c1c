"""Servers listen on this machine only unless a setting says otherwise, with IPv4 and with IPv6."""

import contextlib
import errno
import itertools
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tears.kit.network import listening
from tears.kit.network.listening import (
    LISTEN_PATTERN,
    available_hosts,
    listening_sockets,
    reachable_host,
)

# Reaches what listens everywhere, as another machine of the network does, and not what listens on 127.0.0.1.
ANOTHER_ADDRESS = "127.0.0.2"


@contextlib.contextmanager
def listening_at(setting: str, port: int = 0) -> Iterator[int]:
    sockets = listening_sockets(setting, port)
    try:
        (port,) = {one.getsockname()[1] for one in sockets}
        yield port
    finally:
        for one in sockets:
            one.close()


def test_of_many_that_start_at_once_one_has_the_port_and_the_others_have_another() -> None:
    with listening_at("loopback") as port:
        pass
    together = threading.Barrier(8)

    def start() -> list[socket.socket]:
        together.wait()
        return listening_sockets("loopback", port, if_taken="any")

    with ThreadPoolExecutor(8) as threads:
        started = [future.result() for future in [threads.submit(start) for _ in range(8)]]
    ports = sorted(one[0].getsockname()[1] for one in started)
    for one in itertools.chain.from_iterable(started):
        one.close()

    assert ports.count(port) == 1
    assert len(set(ports)) == 8


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("setting", "reached"),
    [
        ("loopback", ["127.0.0.1", "::1"]),
        ("all", ["127.0.0.1", "::1", ANOTHER_ADDRESS]),
        ("::1", ["::1"]),
        (ANOTHER_ADDRESS, [ANOTHER_ADDRESS]),
    ],
)
def test_each_setting_is_reached_from_where_it_says(setting: str, reached: list[str]) -> None:
    with listening_at(setting) as port:
        assert [host for host in ("127.0.0.1", "::1", ANOTHER_ADDRESS) if answers(host, port)] == reached


@pytest.mark.parametrize("missing", ["127.0.0.1", "::1"])
def test_a_machine_with_only_ipv4_or_only_ipv6_listens_on_that(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bind = listening._server

    def fail_for_one(host: str, port: int, backlog: int | None) -> socket.socket:
        if host == missing:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return bind(host, port, backlog)

    monkeypatch.setattr(listening, "_server", fail_for_one)
    with listening_at("loopback") as port:
        assert [host for host in ("127.0.0.1", "::1") if answers(host, port)] == available_hosts("loopback")
        assert reachable_host("all") in available_hosts("loopback")
    assert missing not in available_hosts("loopback")


def test_a_port_that_is_taken_in_one_family_is_an_error() -> None:
    with listening_at("::1") as port, pytest.raises(OSError, match="in use"):
        listening_sockets("loopback", port)


def test_a_port_that_was_chosen_for_ipv4_and_is_taken_in_ipv6_is_chosen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bind = listening._server
    refused: list[int] = []

    def refuse_once(host: str, port: int, backlog: int | None) -> socket.socket:
        if host == "::1" and not refused:
            refused.append(port)
            raise OSError(errno.EADDRINUSE, "Address already in use")
        return bind(host, port, backlog)

    monkeypatch.setattr(listening, "_server", refuse_once)
    with listening_at("loopback") as port:
        assert refused
        assert answers("::1", port)


def test_an_address_of_another_machine_is_an_error() -> None:
    with pytest.raises(OSError, match="Cannot assign"):
        listening_sockets("192.0.2.1", 0)


@pytest.mark.parametrize("text", ["loopback", "all", "10.0.0.9", "::", "fe80::1"])
def test_addresses_are_accepted(text: str) -> None:
    assert re.match(LISTEN_PATTERN, text)


@pytest.mark.parametrize("text", ["", "everywhere", "nursery.local", "10.0.0.9:8500x", "all\n", "*"])
def test_other_words_are_refused(text: str) -> None:
    assert not re.match(LISTEN_PATTERN, text)
