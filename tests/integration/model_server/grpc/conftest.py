"""gRPC servers without an engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.model_server.grpc.bare_server import BareServer


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[BareServer]:
    bare = BareServer(tmp_path)
    yield bare
    bare.close()


@pytest.fixture
def loading(tmp_path: Path) -> Iterator[BareServer]:
    """Start a server whose models are not loaded yet."""
    bare = BareServer(tmp_path, admits=False)
    yield bare
    bare.close()
