"""REST servers: over a fake engine in this process, and as processes over real models."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.model_server.rest.held_server import PREDICT_PATH, THREADS, HeldRestServer, StartRestServer
from integration.model_server.rest.real_server import MODELS, serve_rest
from integration.model_server.rest.rest_client import DEADLINE_SECONDS, RestClient
from integration.model_server.served import publish
from unit.model_server.fakes import FakeLoader

from tears.kit.clock import SystemClock
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.dataplane.engine_metrics import CountedLoader
from tears.model_server.metrics import DEFAULT_PATH, ServerMetrics
from tears.model_server.rest.application import Application
from tears.model_server.rest.http_server import RestServer
from tears.model_server.rest.probes import Probes


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartRestServer]:
    """Start servers, and end them after the test."""
    started: list[HeldRestServer] = []
    (tmp_path / "1").mkdir()

    def start(*, timeout_seconds: float = DEADLINE_SECONDS, limit: int = 64, **options: Any) -> HeldRestServer:
        metrics, loader = ServerMetrics(), FakeLoader()
        catalog = Catalog({"cry": Model("cry", tmp_path, CountedLoader("cry", loader, metrics))})
        data_plane = DataPlane(catalog, metrics, max_requests=limit)
        data_plane.gate.open()
        probes = Probes(catalog, SystemClock(), interval_seconds=1.0)
        options = {"alive": probes.alive, "ready": probes.ready, "metrics_path": DEFAULT_PATH, **options}
        application = Application(data_plane, timeout_seconds=timeout_seconds, **options)
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


@pytest.fixture(scope="module")
def client(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestClient]:
    """Start a server of several models; two labels stand for versions of `labelled`."""
    folder = tmp_path_factory.mktemp("models")
    for version in ("1", "2"):
        publish(zoo / "half_plus_two" / "1", folder / "labelled", version)
    entries = [f'config {{ name: "{name}" base_path: "{zoo / name}" model_platform: "tensorflow" }}' for name in MODELS]
    labels = "".join(
        f'version_labels {{ key: "{label}" value: {number} }} ' for label, number in (("stable", 1), ("canary", 2))
    )
    entries.append(
        f'config {{ name: "labelled" base_path: "{folder / "labelled"}" model_platform: "tensorflow" '
        f"model_version_policy {{ all {{}} }} {labels}}}"
    )
    (folder / "config").write_text(f"model_config_list {{ {' '.join(entries)} }}")
    flags = [f"--model_config_file={folder / 'config'}", "--allow_version_labels_for_unavailable_models"]
    with serve_rest(folder, folder, flags=flags) as (_, _, asking):
        yield asking
