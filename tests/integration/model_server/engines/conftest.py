"""Servers of the whole zoo, one for each engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from integration.model_server.engines.engine_server import LITERT, TENSORFLOW, TEST_SECONDS, Engine, start_engine
from integration.model_server.served import Client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder time to import TensorFlow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.fixture(scope="session")
def engines(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Engine]]:
    """Return a function that starts the named engine when it is first asked for."""
    folder = tmp_path_factory.mktemp("engines")
    started: dict[str, Engine] = {}

    def engine(name: str) -> Engine:
        if name not in started:
            started[name] = start_engine(name, zoo, folder)
        return started[name]

    yield engine
    for one in started.values():
        one.channel.close()
        one.process.kill()


@pytest.fixture(params=[LITERT, TENSORFLOW])
def client(engines: Callable[[str], Engine], request: pytest.FixtureRequest) -> Client:
    return engines(request.param).client


@pytest.fixture
def tensorflow(engines: Callable[[str], Engine]) -> Engine:
    return engines(TENSORFLOW)
