import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter
from support.waiting import wait_until

from tears.kit import probes
from tears.kit.clock import ManualClock
from tears.kit.health import Health
from tears.kit.probes import ProbeServer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def health(clock: ManualClock) -> Health:
    return Health(clock)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def port(health: Health, registry: CollectorRegistry) -> Iterator[int]:
    server = ProbeServer(health, 0, registry)
    yield server.port
    server.close()


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_healthz_shows_whether_the_loop_progresses(port: int, clock: ManualClock) -> None:
    assert get(port, "/healthz") == (200, "ok\n")
    clock.advance(1_000)
    assert get(port, "/healthz") == (503, "the loop has made no progress for 1000 s\n")


def test_readyz_shows_what_is_missing(port: int, health: Health) -> None:
    assert get(port, "/readyz") == (200, "ok\n")
    health.failed("redis", "tür zu")
    assert get(port, "/readyz") == (503, "redis: tür zu\n")


def test_metrics_are_those_of_the_registry(port: int, registry: CollectorRegistry) -> None:
    Counter("tears_lamp_flashes", "Flashes.", registry=registry).inc(3)
    status, text = get(port, "/metrics")
    assert status == 200
    assert "tears_lamp_flashes_total 3.0" in text


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("listen", ["loopback", "all"])
def test_ipv4_and_ipv6_are_answered(health: Health, host: str, listen: str) -> None:
    server = ProbeServer(health, 0, CollectorRegistry(), listen=listen)
    assert get(server.port, "/healthz", host) == (200, "ok\n")
    assert get(server.port, "/metrics", host)[0] == 200
    server.close()


def test_only_this_machine_is_answered_by_default(health: Health) -> None:
    server = ProbeServer(health, 0, CollectorRegistry())
    with pytest.raises(ConnectionRefusedError):
        get(server.port, "/healthz", "127.0.0.2")
    server.close()
    everywhere = ProbeServer(health, 0, CollectorRegistry(), listen="all")
    assert get(everywhere.port, "/healthz", "127.0.0.2")[0] == 200
    everywhere.close()


def test_other_paths_are_not_found(port: int) -> None:
    assert get(port, "/") == (404, "try /healthz, /readyz or /metrics\n")


def test_a_client_that_sends_nothing_is_disconnected_and_delays_nobody(
    health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes._QuietHandler, "timeout", 0.1)
    server = ProbeServer(health, 0, CollectorRegistry())
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as silent:
        assert get(server.port, "/healthz")[0] == 200
        assert silent.recv(1) == b""  # disconnected
    server.close()


@pytest.mark.parametrize("listen", ["loopback", "all"])
def test_it_closes_at_once_however_seldom_it_looks_for_slow_clients(
    health: Health, monkeypatch: pytest.MonkeyPatch, listen: str
) -> None:
    monkeypatch.setattr(probes, "_SLOW_LOOK_SECONDS", 3_600.0)
    server = ProbeServer(health, 0, CollectorRegistry(), listen=listen)
    assert get(server.port, "/healthz")[0] == 200
    server.close()  # would take an hour
    with pytest.raises(ConnectionRefusedError):
        get(server.port, "/healthz")


def probe_threads() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_a_client_that_sends_its_request_slowly_is_disconnected(
    health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "MAX_PROBE_SECONDS", 0.3)
    monkeypatch.setattr(probes, "_SLOW_LOOK_SECONDS", 0.05)
    server = ProbeServer(health, 0, CollectorRegistry())
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:
        slow.settimeout(0.05)

        def is_disconnected() -> bool:
            try:
                slow.sendall(b"x")
                return slow.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_until(is_disconnected)
    wait_until(lambda: not probe_threads())
    server.close()


@pytest.mark.parametrize("begins", [b"", b"GET /heal", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"])
def test_clients_that_do_not_finish_are_bounded_and_shut_out_nobody(
    port: int, monkeypatch: pytest.MonkeyPatch, begins: bytes
) -> None:
    # None of them ends because its time is over.
    monkeypatch.setattr(probes._QuietHandler, "timeout", 600.0)
    monkeypatch.setattr(probes, "MAX_PROBE_SECONDS", 600.0)
    slow = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(3 * probes.MAX_PROBE_CONNECTIONS)]
    for client in slow:
        with contextlib.suppress(OSError):  # one above the bound may be closed already
            client.sendall(begins)
    assert get(port, "/healthz") == (200, "ok\n")
    wait_until(lambda: probe_threads() <= probes.MAX_PROBE_CONNECTIONS)
    for client in slow:
        client.close()
    wait_until(lambda: not probe_threads())


def test_a_port_in_use_is_an_error_and_a_closed_server_frees_its_own(health: Health) -> None:
    server = ProbeServer(health, 0, CollectorRegistry())
    with pytest.raises(OSError, match="in use"):
        ProbeServer(health, server.port, CollectorRegistry())
    server.close()
    wait_until(lambda: _refuses(server.port), describe="a closed port")


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
