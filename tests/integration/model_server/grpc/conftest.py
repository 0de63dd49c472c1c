"""gRPC servers without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.model_server.grpc.bare_server import Edge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path)
    yield edge
    edge.close()


@pytest.fixture
def loading(tmp_path: Path) -> Iterator[Edge]:
    """Start a server whose models are not loaded yet."""
    edge = Edge(tmp_path, admits=False)
    yield edge
    edge.close()
