"""Fixtures for every unit test of the model server."""

import pytest

from tears.model_server import memory


@pytest.fixture(autouse=True)
def _no_memory_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip garbage collection when versions load: it takes 0.2 s in the large heap of a test process."""
    for name in ("release_free_memory", "release_library_pages"):
        monkeypatch.setattr(memory, name, lambda: None)
