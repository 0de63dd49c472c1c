"""A REST server in this process, over a fake engine that a test can hold up."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from integration.model_server.rest_client import DEADLINE_SECONDS, RestClient
from unit.model_server.fakes import FakeLoader, FakeServable

from tears.kit.clock import SystemClock
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.dataplane.engine_metrics import CountedLoader
from tears.model_server.metrics import DEFAULT_PATH, ServerMetrics
from tears.model_server.rest.api import RestApi
from tears.model_server.rest.application import Application
from tears.model_server.rest.http_server import RestServer
from tears.model_server.rest.probes import Probes

THREADS = 4
ROW = [0.25] * 4
PREDICT_PATH = "/v1/models/cry:predict"


@dataclass
class HeldRestServer:
    """A server, its only servable, and a client."""

    server: RestServer
    servable: FakeServable
    client: RestClient

    def connect(self) -> socket.socket:
        return socket.create_connection(("localhost", self.client.port), timeout=DEADLINE_SECONDS)


StartRestServer = Callable[..., HeldRestServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartRestServer]:
    """Starts servers, and ends them."""
    started: list[HeldRestServer] = []
    (tmp_path / "1").mkdir()

    def start(*, timeout_seconds: float = DEADLINE_SECONDS, limit: int = 64, **options: Any) -> HeldRestServer:
        metrics, loader = ServerMetrics(), FakeLoader()
        catalog = Catalog({"cry": Model("cry", tmp_path, CountedLoader("cry", loader, metrics))})
        data_plane = DataPlane(catalog, metrics, max_requests=limit)
        data_plane.gate.open()
        probes = Probes(catalog, SystemClock(), interval_seconds=1.0)
        options = {"alive": probes.alive, "ready": probes.ready, "metrics_path": DEFAULT_PATH, **options}
        application = Application(RestApi(data_plane, timeout_seconds=timeout_seconds), metrics, **options)
        server = RestServer(application, 0, threads=THREADS)
        client = RestClient(server.listen())
        server.start()
        assert client.get(PREDICT_PATH).status == 503
        catalog.poll()
        server.admit()
        started.append(HeldRestServer(server, loader.loaded[0], client))
        return started[-1]

    yield start
    for held in started:
        held.servable.go.set()
        held.server.close(DEADLINE_SECONDS)


@pytest.fixture
def held(start: StartRestServer) -> HeldRestServer:
    return start()
