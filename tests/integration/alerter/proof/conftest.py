"""A house of real processes that proves to itself that it hears."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.alerter.proven_house import ProvenHouse


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ProvenHouse]:
    with ProvenHouse(tmp_path) as one:
        one.hear()
        yield one
