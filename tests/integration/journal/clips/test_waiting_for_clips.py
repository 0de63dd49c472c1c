"""Many who wait for sounds, and the other pages."""

import threading
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
from support.journal.served_pages import ServedPages
from support.waiting import DEADLINE_SECONDS

from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web import app
from tears.journal.web.access.routes import routes as access_routes
from tears.journal.web.clips.routes import routes as clip_routes
from tears.kit.clock import SystemClock

MANY = 40


class SlowStore:
    """Clips whose MP3 takes as long as the test wants."""

    def __init__(self) -> None:
        self.is_made = threading.Event()

    def path(self, _clip_id: str) -> None:
        return None

    spectrogram = path

    def mp3(self, _clip_id: str) -> bytes:
        self.is_made.wait(DEADLINE_SECONDS)
        return b"sound"


def test_those_who_wait_for_a_sound_keep_nobody_from_the_other_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    store = SlowStore()
    parts = JournalParts(settings=JournalSettings(port=0, page_listen="loopback"), clock=SystemClock(), clips=store)
    monkeypatch.setattr(app, "_ROUTES", (access_routes, clip_routes))
    with ServedPages(parts) as pages, ThreadPoolExecutor(MANY) as visitors:
        waiting = [visitors.submit(pages.get, f"/clips/{number}.mp3") for number in range(MANY)]
        try:
            for _ in range(5):
                assert pages.get("/login").status == HTTPStatus.SEE_OTHER
                assert not any(one.done() for one in waiting)
        finally:
            store.is_made.set()
        assert {one.result().body for one in waiting} == {b"sound"}
