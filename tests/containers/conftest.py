"""One house for all of these tests, with the demo playing; what breaks it for good has a house of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.deployment.compose import HOUSE, Containers, run

# Whoever needs the images first builds them.
BUILD_SECONDS = 900
TEST_SECONDS = 600

NO_SOUND_CARD = """
services:
  recorder:
    volumes:
      - {type: tmpfs, target: /dev/snd}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Containers take their time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS + BUILD_SECONDS))


@pytest.fixture(scope="session")
def images() -> dict[str, int]:
    """Builds all; the megabytes that each adds to its base, as `make images` prints them."""
    printed = run("containers/images", deadline_seconds=BUILD_SECONDS)
    return {name: int(size) for name, size in re.findall(r"^(tears-[a-z-]+):\S+ +\d+ +(\d+)$", printed, re.MULTILINE)}


@pytest.fixture(scope="session")
def house(images: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """The whole house with the demo, all of it healthy, on a machine without a sound card."""
    assert images
    override = tmp_path_factory.mktemp("house") / "override.yml"
    override.write_text(NO_SOUND_CARD)
    with Containers("tears-test", override=str(override)) as containers:
        containers.up(*HOUSE)
        yield containers
