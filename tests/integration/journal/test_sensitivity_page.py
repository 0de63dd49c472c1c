"""A parent chooses the sensitivity on the page, and a real alerter obeys over a real Redis."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom
from support.journal.kept_history import MORNING, open_history
from support.journal.served_pages import PageReply, ServedPages

from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.kit.clock import ManualClock


@pytest.fixture
def room(redis_client: redis.Redis, tmp_path: Path) -> Iterator[CryingRoom]:
    runs = AlerterRuns(redis_client, tmp_path / "alerter.sqlite3")
    yield CryingRoom(runs)
    runs.close()


@pytest.fixture
def pages(redis_client: redis.Redis, tmp_path: Path) -> Iterator[ServedPages]:
    history = open_history(tmp_path)
    parts = JournalParts(
        settings=JournalSettings(port=0), clock=ManualClock(MORNING), history=history, redis=redis_client
    )
    with ServedPages(parts) as pages:
        yield pages
    history.close()


def choose(pages: ServedPages, room: CryingRoom, **fields: str) -> PageReply:
    """Send the form, while the alerter takes its rounds."""
    with ThreadPoolExecutor(1) as pool:
        answered = threading.Event()
        reply = pool.submit(pages.post, "/sensitivity", fields)
        reply.add_done_callback(lambda _: answered.set())
        while not answered.is_set():
            room.run.turn()
    return reply.result()


def test_what_a_parent_chooses_is_in_use_from_then_on(room: CryingRoom, pages: ServedPages) -> None:
    assert "In use" not in pages.get("/sensitivity").text
    assert choose(pages, room, level="high").headers["location"] == "/sensitivity?done=high"
    assert room.shown().open_threshold == 0.35
    page = pages.get("/sensitivity?done=high").text
    assert "The sensitivity is High now." in page
    assert page.count("In use") == 1


def test_a_level_that_does_not_exist_is_refused(room: CryingRoom, pages: ServedPages) -> None:
    usual = room.shown().open_threshold
    assert choose(pages, room, level="loudest").status == 400
    assert choose(pages, room, level="high", mic="cellar").status == 404
    assert room.shown().open_threshold == usual


def test_without_an_alerter_nothing_changes_and_the_page_says_so(pages: ServedPages) -> None:
    reply = pages.post("/sensitivity", {"level": "high"})
    assert reply.status == 503
    assert "the alerter cannot be asked" in reply.text
