"""A parent chooses the sensitivity on the page, and a real alerter obeys over a real Redis."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import redis
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom
from support.journal.kept_history import MORNING, open_history
from support.journal.served_pages import PageReply, ServedPages

from tears.journal.access.role import Role
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
    return answered(room, lambda: pages.post("/sensitivity", fields))


def answered(room: CryingRoom, ask: Callable[[], PageReply]) -> PageReply:
    """Return what is answered while the alerter takes its rounds."""
    with ThreadPoolExecutor(1) as pool:
        is_answered = threading.Event()
        reply = pool.submit(ask)
        reply.add_done_callback(lambda _: is_answered.set())
        while not is_answered.is_set():
            room.run.turn()
    return reply.result()


def test_what_a_parent_chooses_is_in_use_from_then_on(room: CryingRoom, pages: ServedPages) -> None:
    assert "In use" not in pages.get("/sensitivity").text
    assert choose(pages, room, level="high").headers["location"] == "/sensitivity?done=high"
    assert room.shown().open_threshold == 0.38
    page = pages.get("/sensitivity?done=high").text
    assert "The sensitivity is High now." in page
    assert page.count("In use") == 1


def test_a_program_chooses_a_level(room: CryingRoom, pages: ServedPages) -> None:
    secret, _ = pages.access.make_token("a program", Role.PARENT)
    headers = {"Authorization": f"Bearer {secret}"}
    mic = room.shown().mic
    body = msgspec.json.encode({"level": "high", "room": mic})
    reply = answered(room, lambda: pages.ask("PUT", "/api/v1/sensitivity", body, headers))
    assert (reply.status, reply.json) == (200, [{"room": mic, "name": mic, "level": "high"}])
    assert room.shown().open_threshold == 0.38


def test_a_level_that_does_not_exist_is_refused(room: CryingRoom, pages: ServedPages) -> None:
    usual = room.shown().open_threshold
    assert choose(pages, room, level="loudest").status == 400
    assert choose(pages, room, level="high", mic="cellar").status == 404
    assert room.shown().open_threshold == usual


def test_without_an_alerter_nothing_changes_and_the_page_says_so(pages: ServedPages) -> None:
    reply = pages.post("/sensitivity", {"level": "high"})
    assert reply.status == 503
    assert "the alerter cannot be asked" in reply.text
