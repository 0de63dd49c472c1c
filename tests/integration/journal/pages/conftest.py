"""The pages of a real history in Berlin, over real HTTP: it is 09:00 of 15 January 2027."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.alerter.nights import local_zone
from support.journal.kept_history import MORNING, open_history
from support.journal.served_pages import ServedPages

from tears.journal.history import HistoryFile
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.kit.clock import ManualClock


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with local_zone(monkeypatch):
        yield


@pytest.fixture
def history(tmp_path: Path) -> Iterator[HistoryFile]:
    history = open_history(tmp_path)
    yield history
    history.close()


@pytest.fixture
def pages(history: HistoryFile) -> Iterator[ServedPages]:
    parts = JournalParts(settings=JournalSettings(port=0), clock=ManualClock(MORNING), history=history)
    with ServedPages(parts) as pages:
        yield pages
