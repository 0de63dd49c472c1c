"""One pipeline in containers for all of these tests, with the demo playing; a test that breaks it starts its own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.deployment.compose import ALL_SERVICES, Containers, run_command

# The first test that needs the images builds them.
BUILD_SECONDS = 900
TEST_SECONDS = 600

NO_SOUND_CARD = """
services:
  recorder:
    volumes:
      - {type: tmpfs, target: /dev/snd}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test enough time for containers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS + BUILD_SECONDS))


@pytest.fixture(scope="session")
def images() -> dict[str, int]:
    """Build all images; return the megabytes that each adds to its base, as `make images` prints them."""
    printed = run_command("containers/images", deadline_seconds=BUILD_SECONDS)
    return {name: int(size) for name, size in re.findall(r"^(tears-[a-z-]+):\S+ +\d+ +(\d+)$", printed, re.MULTILINE)}


@pytest.fixture(scope="session")
def pipeline(images: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Start the whole pipeline with the demo, as on a machine without a sound card; wait until it is healthy."""
    assert images
    override = tmp_path_factory.mktemp("pipeline") / "override.yml"
    override.write_text(NO_SOUND_CARD)
    with Containers("tears-test", override=str(override)) as containers:
        containers.up(*ALL_SERVICES)
        yield containers
