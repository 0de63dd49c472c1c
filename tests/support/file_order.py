"""The order in which the files of tests begin when several processes share them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.places import TESTS

LONG_FILES = TESTS / "long_files.txt"


def read_long_files(path: Path = LONG_FILES) -> list[Path]:
    """Return the files that take longest, the longest first."""
    return [TESTS / line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def longest_first(items: Sequence[pytest.Item], long_files: Sequence[Path]) -> list[pytest.Item]:
    """Return the tests of the long files, in the order of these, and then the others, whose order stays."""
    places = {path: place for place, path in enumerate(long_files)}
    return sorted(items, key=lambda item: places.get(item.path, len(places)))
