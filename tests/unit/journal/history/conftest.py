"""The history of a house in Berlin."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.alerter.nights import local_zone
from support.journal.kept_history import open_history

from tears.journal.history import HistoryFile


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with local_zone(monkeypatch):
        yield


@pytest.fixture
def history(tmp_path: Path) -> Iterator[HistoryFile]:
    history = open_history(tmp_path)
    yield history
    history.close()
