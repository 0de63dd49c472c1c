from collections.abc import Iterator

import pytest
from support.alerter.nights import local_zone


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with local_zone(monkeypatch):
        yield
