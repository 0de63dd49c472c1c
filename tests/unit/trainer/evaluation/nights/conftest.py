"""The small manifest that these nights are composed from."""

import pytest
from unit.trainer.evaluation.nights.tones import Tones, write_tones


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Tones:
    """Write recordings of tones, once for all tests."""
    return write_tones(tmp_path_factory.mktemp("tones"))
