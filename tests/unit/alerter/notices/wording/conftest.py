import time
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Show times in GMT, or in the zone that the test sets."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    set_zone("GMT")
    yield set_zone
    monkeypatch.undo()
    time.tzset()
