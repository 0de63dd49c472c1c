"""Links to one sound, for somebody without a login."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from integration.journal.clips.clip_house import ClipHouse
from support.journal.served_pages import PageReply, ServedPages
from support.waiting import wait_until

from tears.journal.access.house_links import SHARED_SECONDS
from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings


@pytest.fixture
def pages(house: ClipHouse) -> Iterator[ServedPages]:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, 20))
    settings = JournalSettings(port=0, page_listen="loopback")
    parts = JournalParts(settings=settings, clock=house.clock, history=house.history, clips=house.store)
    with ServedPages(parts) as served:
        yield served


def share(pages: ServedPages, headers: dict[str, str] | None = None) -> str:
    """Return the address of a link to the sound."""
    token = pages.access.links.form_token(pages.cookies["tears_session"])
    reply = pages.ask_form("/episodes/one/share", {"csrf": token}, headers)
    page = pages.get(reply.headers["location"], headers)
    found = re.search(r'value="(http[^"]+/shared/[^"]+)"', page.text)
    assert found
    return found[1]


def follow(pages: ServedPages, address: str, rest: str = "") -> PageReply:
    pages.log_in(Role.NOBODY)
    return pages.get(urlsplit(address).path + rest)


def test_whoever_has_the_link_hears_this_sound_and_nothing_else(pages: ServedPages) -> None:
    address = share(pages)
    assert address.startswith(f"http://127.0.0.1:{pages.port}/shared/")
    page = follow(pages, address)
    assert (page.status, page.headers["x-robots-tag"]) == (200, "noindex, nofollow")
    assert page.headers["cache-control"] == "private, no-store"
    assert "/setup" not in page.text
    sound = follow(pages, address, "/sound.mp3")
    assert (sound.status, sound.headers["content-type"]) == (200, "audio/mpeg")
    assert follow(pages, address, "/sound.png").headers["content-type"] == "image/png"
    assert pages.get("/clips/one.mp3").status == 303
    assert pages.get("/episodes/one").status == 303


def test_the_link_ends_after_a_week(pages: ServedPages, house: ClipHouse) -> None:
    address = share(pages)
    house.clock.advance(SHARED_SECONDS - 1.0)
    assert follow(pages, address, "/sound.mp3").status == 200
    house.clock.advance(1.0)
    for rest in ("", "/sound.mp3", "/sound.png"):
        reply = follow(pages, address, rest)
        assert reply.status == 404
        assert "This link has expired." in reply.text


@pytest.mark.parametrize("token", ["x", "x.y", "....", "%2e%2e", "eyJ9.AAAA", "a" * 5_000])
def test_a_forged_link_shows_nothing(pages: ServedPages, token: str) -> None:
    assert follow(pages, f"http://x/shared/{token}").status == 404


def test_a_link_to_a_sound_that_was_deleted_says_so(pages: ServedPages, house: ClipHouse) -> None:
    address = share(pages)
    house.store.delete("one")
    assert "This sound is not kept any more." in follow(pages, address).text
    assert follow(pages, address, "/sound.mp3").status == 404
    house.history.delete("one")
    assert follow(pages, address).status == 404


def test_guests_share_nothing(pages: ServedPages) -> None:
    pages.log_in(Role.GUEST)
    token = pages.access.links.form_token(pages.cookies["tears_session"])
    assert pages.ask_form("/episodes/one/share", {"csrf": token}).status == 403
    assert 'action="/episodes/one/share"' not in pages.get("/episodes/one").text


def test_the_link_has_the_address_that_the_parent_uses(pages: ServedPages, house: ClipHouse) -> None:
    assert share(pages, {"Host": "nursery.local:8080"}).startswith("http://nursery.local:8080/shared/")
    # Nobody but a trusted proxy says how it is reached.
    elsewhere = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    assert "evil" not in share(pages, elsewhere)
    settings = JournalSettings(port=0, page_listen="loopback", trusted_proxies=("127.0.0.1",))
    parts = JournalParts(settings=settings, clock=house.clock, history=house.history, clips=house.store)
    with ServedPages(parts) as below:
        headers = {"Host": "home.example", "X-Forwarded-Prefix": "/tears", "X-Forwarded-Proto": "https"}
        assert share(below, headers).startswith("https://home.example/tears/shared/")


def test_many_who_have_a_link_are_told_to_come_again_and_hold_up_no_other_page(
    pages: ServedPages, house: ClipHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = share(pages)
    is_made = threading.Event()
    make = house.store.mp3

    def slow_mp3(clip_id: str) -> Path | bytes | None:
        is_made.wait(30.0)
        return make(clip_id)

    monkeypatch.setattr(house.store, "mp3", slow_mp3)
    pages.log_in(Role.NOBODY)
    path = urlsplit(address).path
    with ThreadPoolExecutor(40) as strangers:
        asked = [strangers.submit(pages.get, f"{path}/sound.mp3") for _ in range(40)]
        try:
            wait_until(lambda: sum(one.done() for one in asked) == 38)
            assert pages.get(path).status == 200
        finally:
            is_made.set()
        replies = [one.result() for one in asked]
    assert sorted({one.status for one in replies}) == [200, 503]
    refused = [one for one in replies if one.status == 503]
    assert len(refused) == 38
    assert {one.headers["retry-after"] for one in refused} == {"5"}
    assert "Try again in a few seconds." in refused[0].text
    assert pages.get(f"{path}/sound.mp3").status == 200
