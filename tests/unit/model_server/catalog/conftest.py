"""A catalog and a model for the tests."""

from pathlib import Path

import pytest
from unit.model_server.catalog_fixture import CatalogFixture
from unit.model_server.model_fixture import ModelFixture


@pytest.fixture
def models(tmp_path: Path) -> CatalogFixture:
    return CatalogFixture(tmp_path)


@pytest.fixture
def fixture(tmp_path: Path) -> ModelFixture:
    return ModelFixture(tmp_path)
