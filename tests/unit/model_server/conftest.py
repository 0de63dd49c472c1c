"""Fixtures for every unit test of the model server."""

import pytest

from tears.kit.memory import heap, library_pages


@pytest.fixture(autouse=True)
def _no_memory_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip garbage collection when versions load: it takes 0.2 s in the large heap of a test process."""
    monkeypatch.setattr(heap, "release_free_memory", lambda: None)
    monkeypatch.setattr(library_pages, "release_library_pages", lambda: None)
