"""What every unit test of the model server stands on."""

from __future__ import annotations

import pytest

from tears.model_server import memory


@pytest.fixture(autouse=True)
def _heap_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions come and go without the heap being looked through: that of a test process is large, and takes 0.2 s."""
    for name in ("give_back", "let_go_of_start"):
        monkeypatch.setattr(memory, name, lambda: None)
