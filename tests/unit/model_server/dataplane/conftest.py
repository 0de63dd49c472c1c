"""A catalog of one model over a fake engine."""

from pathlib import Path

import pytest
from unit.model_server.fakes import FakeLoader

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model


@pytest.fixture
def loader() -> FakeLoader:
    return FakeLoader()


@pytest.fixture
def catalog(tmp_path: Path, loader: FakeLoader) -> Catalog:
    """Return a catalog with version 2 of the model `cry`."""
    (tmp_path / "2").mkdir()
    model = Model("cry", tmp_path, loader)
    model.poll()
    return Catalog({"cry": model})
