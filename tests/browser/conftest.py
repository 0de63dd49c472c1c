"""One browser for all tests of pages, and the journal as a real process beside a real Redis."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser
from support.browser.chromium import CHROMIUM, running_chromium
from support.journal.journal_process import JournalProcess, PublishedRoom
from support.redis.servers import RedisServer

from tears.samples.scene import compose_scene


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield Chromium; each test visits with a new context."""
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium: sudo apt install chromium")
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Yield a Redis of this test only, which it may stop."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def journal(redis_server: RedisServer, tmp_path: Path) -> Iterator[JournalProcess]:
    """Yield a journal of this test only."""
    with JournalProcess(redis_server.url, tmp_path) as journal:
        yield journal


@pytest.fixture(scope="session")
def cries() -> npt.NDArray[np.int16]:
    """Return int16 (n,): the crying of a generated nursery at 48 kHz, without the quiet between it."""
    scene = compose_scene(5, minutes=2.0)
    spans = [(event["start"], event["end"]) for event in scene.truth["events"] if event["label"] == "crying"]
    rate_hz = scene.sample_rate_hz
    return np.concatenate([scene.samples[int(start * rate_hz) : int(end * rate_hz)] for start, end in spans])


@pytest.fixture
def room(redis_server: RedisServer, cries: npt.NDArray[np.int16]) -> Iterator[PublishedRoom]:
    """Yield a room whose microphone hears the cries, in real time."""
    with PublishedRoom(redis_server.url, cries) as room:
        yield room
