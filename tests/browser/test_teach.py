"""A parent teaches the ear in a real browser: an answer, a lesson, the taught ear in use, and the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.browser.chromium import PHONE, visiting
from support.home_clips import DOLL_SEEDS, doll
from support.journal.kept_history import MORNING
from support.journal.served_pages import ServedPages
from support.journal.teachable_house import LESSON_SECONDS, TeachableHouse, teachable_house
from support.waiting import wait_until

from tears.journal.history import Verdict
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.web.cookies import SESSION_COOKIE
from tears.kit.clock import ManualClock

LESSON_MS = 1_000 * LESSON_SECONDS


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TeachableHouse]:
    with teachable_house(tmp_path) as house:
        house.answers()
        yield house


@pytest.fixture
def phone(browser: Browser, house: TeachableHouse) -> Iterator[Page]:
    parts = JournalParts(
        settings=JournalSettings(port=0), clock=ManualClock(MORNING), history=house.history, teaching=house.teaching
    )
    with ServedPages(parts) as pages:
        address = f"http://127.0.0.1:{pages.port}"
        with visiting(browser, address, locale="en-GB", **PHONE) as page:
            cookie = {"name": SESSION_COOKIE, "value": pages.cookies[SESSION_COOKIE], "url": address}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
            yield page


def no_serious_fault(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []


def test_an_answer_becomes_a_taught_ear_in_use_and_the_way_back(phone: Page, house: TeachableHouse) -> None:
    # Taken back and given anew, so that at least this answer comes from the page.
    [label] = [one for one in house.history.labels() if one.episode_id == "doll-0"]
    house.history.unlabel(label.id)
    phone.goto("/episodes/doll-0")
    phone.get_by_role("button", name="A toy").click()
    wait_until(lambda: any(one.episode_id == "doll-0" and one.verdict is Verdict.TOY for one in house.history.labels()))

    phone.goto("/teach")
    no_serious_fault(phone)
    phone.get_by_role("button", name="Teach", exact=True).click()
    # The page looks again by itself while the lesson is held.
    expect(phone.get_by_role("heading", name="The taught ear is better")).to_be_visible(timeout=LESSON_MS)
    no_serious_fault(phone)

    whimper = doll(DOLL_SEEDS[0])
    before = house.score(whimper)
    phone.get_by_role("button", name="Use it").click()
    expect(phone.get_by_role("heading", name="A taught ear is in use")).to_be_visible()
    no_serious_fault(phone)
    wait_until(lambda: house.score(whimper)[1] == before[1] + 1, LESSON_SECONDS)
    assert house.score(whimper)[0] < before[0] - 0.2

    phone.get_by_role("button", name="Go back").click()
    expect(phone.get_by_text("Tears hears as before again.")).to_be_visible()
    wait_until(lambda: house.score(whimper) == before, LESSON_SECONDS)
