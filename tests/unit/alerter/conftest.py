"""A state file of the alerter."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tears.alerter.database import owned_database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "alerter.sqlite"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with owned_database(path) as connection:
        yield connection
