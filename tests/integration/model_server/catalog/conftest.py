"""Two models for one server."""

from pathlib import Path

import pytest
from integration.model_server.served import publish


@pytest.fixture
def two(zoo: Path) -> tuple[Path, str]:
    return zoo / "half_plus_two", ""


@pytest.fixture
def three(zoo: Path, tmp_path: Path) -> tuple[Path, str]:
    """Return another model of the same signature, as versions 1 and 2."""
    for version in ("1", "2"):
        publish(zoo / "two_signatures" / "1", tmp_path / "three", version)
    return tmp_path / "three", ""
