"""A link to one sound, for somebody without a login."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.journal.kept_history import MORNING, crying, keep, open_history
from support.journal.served_pages import ServedPages

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.kit.clock import ManualClock

DAY = 86_400.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING)


@pytest.fixture
def pages(tmp_path: Path, clock: ManualClock) -> Iterator[ServedPages]:
    history = open_history(tmp_path, clock)
    keep(history, crying("cried", MORNING - 3_600), crying("other", MORNING - 1_800))
    with ServedPages(JournalParts(settings=JournalSettings(port=0), clock=clock, history=history)) as pages:
        yield pages
    history.close()


def shared_path(pages: ServedPages) -> str:
    page = pages.follow(pages.post("/episodes/cried/share", form_at="/episodes/cried")).text
    found = re.search(r'id="share" type="url" readonly value="([^"]*)"', page)
    assert found, page
    return urlsplit(html.unescape(found[1])).path


def test_whoever_has_the_link_sees_this_sound_and_nothing_else(pages: ServedPages) -> None:
    path = shared_path(pages)
    pages.log_in(Role.NOBODY)
    page = pages.get(path)
    assert page.status == 200
    assert "nursery" in page.text
    assert "/episodes/" not in page.text
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert pages.get("/episodes/cried").status == 303
    assert pages.get("/clips/cried.mp3").status in {303, 401}


def test_a_link_is_good_for_a_week(pages: ServedPages, clock: ManualClock) -> None:
    path = shared_path(pages)
    clock.advance(7 * DAY - 60)
    assert pages.get(path).status == 200
    clock.advance(120)
    assert pages.get(path).status == 404
    assert pages.get(f"{path}/sound.mp3").status == 404


@pytest.mark.parametrize("token", ["x", "x.y", "eyJ.AAAA", "%00", "a" * 3_000])
def test_a_forged_link_shows_nothing(pages: ServedPages, token: str) -> None:
    assert pages.get(f"/shared/{token}").status in {400, 404}


def test_a_link_whose_end_was_changed_shows_nothing(pages: ServedPages) -> None:
    path = shared_path(pages)
    body, _, signature = path.rpartition(".")
    assert pages.get(f"{body}A.{signature}").status == 404
    assert pages.get(f"{body}.{signature[:-2]}AA").status == 404


def test_only_a_parent_shares(pages: ServedPages) -> None:
    pages.log_in(Role.GUEST)
    assert pages.post("/episodes/cried/share", form_at="/episodes/cried").status == 403


def test_a_deleted_sound_is_no_longer_shared(pages: ServedPages) -> None:
    path = shared_path(pages)
    pages.post("/episodes/cried/delete", form_at="/episodes/cried")
    assert pages.get(path).status == 404
