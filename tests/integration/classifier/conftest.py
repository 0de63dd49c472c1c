"""A model server for each test of the classifier."""

from collections.abc import Iterator

import pytest
from support.network.model_servers import FakeModelServer


@pytest.fixture
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeModelServer]:
    with FakeModelServer(tmp_path_factory.mktemp("m")) as server:
        yield server
