"""Servers over a back end without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.model_server.grpc.edge import Edge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path)
    yield edge
    edge.close()


@pytest.fixture
def loading(tmp_path: Path) -> Iterator[Edge]:
    """A server that has begun, and whose models have yet to be loaded."""
    edge = Edge(tmp_path, admits=False)
    yield edge
    edge.close()
