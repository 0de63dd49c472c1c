"""Real TFLite models and real processes."""

from pathlib import Path

import pytest
from integration.model_server.zoo import zoo as makers


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the small models; only read it."""
    return makers.zoo(tmp_path_factory)
