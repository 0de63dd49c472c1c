"""The heartbeat reaches a real HTTP server while all is well, and only then."""

import base64
import logging
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from support.network.heartbeat_server import HeartbeatServer
from support.waiting import wait_until

from tears.alerter.proof.heartbeat import HEARTBEAT_SECONDS, WELL_SECONDS, Heartbeat, is_loopback
from tears.alerter.proof.proof_metrics import ProofMetrics
from tears.kit.clock import ManualClock, SystemClock

TOKEN = "5c1f0e6e-private"  # noqa: S105 - a made-up one


class Beating:
    """A heartbeat on a clock of the test, and its metrics."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock()
        self._registry = CollectorRegistry()
        self.heartbeat = Heartbeat(url, ProofMetrics(self._registry), self.clock)

    def count(self, outcome: str) -> float:
        """Return how many heartbeats had this outcome."""
        return self._registry.get_sample_value("tears_alerter_heartbeats_total", {"outcome": outcome}) or 0.0


@pytest.fixture
def server() -> Iterator[HeartbeatServer]:
    with HeartbeatServer() as one:
        yield one


def test_the_url_is_fetched_while_all_is_well_and_not_after(server: HeartbeatServer) -> None:
    beating = Beating(f"http://127.0.0.1:{server.port}/ping/{TOKEN}?from=tears")
    assert not beating.heartbeat.beat_if_well()
    beating.heartbeat.note(is_well=True)
    assert beating.heartbeat.beat_if_well()
    assert server.paths == [f"/ping/{TOKEN}?from=tears"]
    beating.heartbeat.note(is_well=False)
    assert not beating.heartbeat.beat_if_well()
    assert len(server.paths) == 1
    assert beating.count("sent") == 1


def test_a_loop_that_hangs_sends_no_heartbeat(server: HeartbeatServer) -> None:
    beating = Beating(f"http://127.0.0.1:{server.port}/ping")
    beating.heartbeat.note(is_well=True)
    beating.clock.advance(WELL_SECONDS + 1.0)
    assert not beating.heartbeat.beat_if_well()
    assert not server.paths


def test_a_refused_heartbeat_is_counted_and_logged_once_without_its_secret(
    server: HeartbeatServer, caplog: pytest.LogCaptureFixture
) -> None:
    beating = Beating(f"http://127.0.0.1:{server.port}/ping/{TOKEN}")
    server.status = 503
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            beating.heartbeat.note(is_well=True)
            beating.heartbeat.beat_if_well()
        server.status = 200
        beating.heartbeat.beat_if_well()
    assert (beating.count("failed"), beating.count("sent")) == (3, 1)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("tears")]
    assert ours == [
        "the heartbeat does not reach 127.0.0.1: it answers 503",
        "the heartbeat reaches 127.0.0.1 again",
    ]
    assert TOKEN not in caplog.text


def test_a_heartbeat_to_nobody_is_counted() -> None:
    with HeartbeatServer() as gone:
        pass
    beating = Beating(f"http://127.0.0.1:{gone.port}/ping")
    beating.heartbeat.note(is_well=True)
    assert beating.heartbeat.beat_if_well()
    assert beating.count("failed") == 1


def test_this_machine_is_asked_without_the_proxy_of_the_environment(
    server: HeartbeatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HeartbeatServer() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        beating = Beating(f"http://localhost:{server.port}/ping")
        beating.heartbeat.note(is_well=True)
        beating.heartbeat.beat_if_well()
        assert server.paths == ["/ping"]
        assert not proxy.paths
        elsewhere = Beating("http://hc.example/ping")
        elsewhere.heartbeat.note(is_well=True)
        elsewhere.heartbeat.beat_if_well()
        assert proxy.paths == ["http://hc.example/ping"]


def test_the_name_and_password_of_a_url_are_sent_as_a_header(server: HeartbeatServer) -> None:
    beating = Beating(f"http://parent:p%40ss@127.0.0.1:{server.port}/ping")
    beating.heartbeat.note(is_well=True)
    beating.heartbeat.beat_if_well()
    assert server.headers[0]["Authorization"] == f"Basic {base64.b64encode(b'parent:p@ss').decode()}"


def test_the_thread_beats_once_a_minute_and_at_once_when_all_is_well_again(server: HeartbeatServer) -> None:
    beating = Beating(f"http://127.0.0.1:{server.port}/ping")
    wait_seconds: list[float] = []

    class Watching(ManualClock):
        def wait(self, event: object, timeout_seconds: float) -> bool:
            del event
            wait_seconds.append(timeout_seconds)
            if len(wait_seconds) == 2:
                beating.heartbeat.note(is_well=True)
            if len(wait_seconds) == 4:
                beating.heartbeat.stop()
            return False

    beating.heartbeat._clock = Watching()
    beating.heartbeat._run()
    assert wait_seconds == [1.0, 1.0, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS]
    assert beating.count("withheld") == 1
    assert len(server.paths) == 2


def test_a_server_that_hangs_holds_up_nobody(server: HeartbeatServer) -> None:
    server.may_answer.clear()
    heartbeat = Heartbeat(f"http://127.0.0.1:{server.port}/ping", ProofMetrics(CollectorRegistry()), SystemClock())
    heartbeat.note(is_well=True)
    heartbeat.start()
    wait_until(lambda: server.paths)
    heartbeat.note(is_well=True)
    heartbeat.stop()
    assert heartbeat._thread.daemon


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("kuma.local", False), ("192.168.1.5", False)],
)
def test_only_this_machine_is_loopback(host: str, is_ours: bool) -> None:  # noqa: FBT001 - a case of the table
    assert is_loopback(host) is is_ours
