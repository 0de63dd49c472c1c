"""The pages of nights and sounds in a real browser: readable by everybody, on every screen, also without scripts."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from pictured_home import LAST_EVENING, FullJournal, served_home
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.browser.chromium import DESKTOP, PHONE, TELEVISION, new_visitor, watch_faults
from support.waiting import wait_until

from tears.journal.history import Verdict
from tears.journal.web.cookies import SESSION_COOKIE

SCREENS: dict[str, dict[str, Any]] = {
    "phone, dark, German": {**PHONE, "color_scheme": "dark", "locale": "de-DE"},
    "phone, light, English": {**PHONE, "color_scheme": "light", "locale": "en-GB"},
    "desktop, dark, English": {**DESKTOP, "color_scheme": "dark", "locale": "en-GB"},
    "television, light, German": {**TELEVISION, "color_scheme": "light", "locale": "de-DE"},
}
NIGHT = f"/nights/{LAST_EVENING}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullJournal]:
    with served_home(tmp_path_factory.mktemp("home")) as home:
        yield home


def visitor(browser: Browser, home: FullJournal, **options: Any) -> BrowserContext:
    """Return the browser of a parent who has logged in."""
    context = new_visitor(browser, home.address, **options)
    context.add_cookies([{"name": SESSION_COOKIE, "value": home.session, "url": home.address}])
    return context


@pytest.fixture
def phone(browser: Browser, home: FullJournal) -> Iterator[Page]:
    context = visitor(browser, home, locale="en-GB", **PHONE)
    page = context.new_page()
    faults = watch_faults(page)
    yield page
    context.close()
    assert faults == []


def comes_true(page: Page, condition: str) -> None:
    """Wait until a condition in JavaScript is true. The policy of the pages forbids Playwright's own way to do it."""
    wait_until(lambda: bool(page.evaluate(condition)), describe=condition)


def paths(home: FullJournal) -> list[str]:
    """Return the path of each kind of page."""
    return [
        "/nights",
        NIGHT,
        f"/days/{LAST_EVENING}",
        f"/calendar/{LAST_EVENING:%Y-%m}",
        f"/episodes/{home.episode_id}",
        f"/episodes/{home.near_miss_id}",
        "/missed",
        f"/missed?mic=nursery&day={LAST_EVENING}&time=22:00&minutes=3",
        "/sensitivity",
        "/nights/2026-13-01",
    ]


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_every_page_is_readable_by_everybody_and_fits_the_screen(
    browser: Browser, home: FullJournal, screen: dict[str, Any]
) -> None:
    context = visitor(browser, home, **screen)
    page = context.new_page()
    faults = watch_faults(page)
    for path in paths(home):
        page.goto(path, wait_until="networkidle")
        found = Axe().run(page).response["violations"]
        serious = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]
        assert serious == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{path} is wider than the screen by {wide} pixels"
        assert page.title().endswith("Tears")
        assert page.locator("h1").count() == 1, path
    context.close()
    assert faults == []


def test_a_sound_plays_in_place_with_its_picture(phone: Page, home: FullJournal) -> None:
    phone.goto(NIGHT)
    phone.locator(f'[data-play="{home.episode_id}"]').tap()
    player = phone.locator("[data-player]")
    expect(player).to_be_visible()
    comes_true(phone, "document.querySelector('audio').currentTime > 0.3")
    comes_true(phone, "parseFloat(document.querySelector('[data-cursor]').style.left) > 0")
    comes_true(phone, "document.querySelector('[data-player-picture]').naturalWidth > 100")
    expect(phone.locator(f"#sound-{home.episode_id}")).to_have_class(re.compile("playing"))
    phone.locator("[data-player-close]").tap()
    expect(player).to_be_hidden()
    assert phone.evaluate("document.querySelector('audio').paused")


def test_a_link_to_share_is_there_again_when_its_page_is_loaded_again(phone: Page, home: FullJournal) -> None:
    phone.goto(f"/episodes/{home.episode_id}")
    phone.get_by_role("button", name="Share").click()
    link = phone.get_by_label("Whoever has this link can listen")
    expect(link).to_have_value(re.compile("/shared/"))
    # A page that came from a form would ask whether to send it again, and Playwright would answer no.
    phone.reload()
    expect(link).to_have_value(re.compile("/shared/"))


def test_the_top_of_a_page_says_who_cries_and_when_the_connection_is_lost(phone: Page) -> None:
    phone.clock.install()
    phone.goto(NIGHT)
    shown = phone.locator("[data-house]")
    expect(shown).to_have_text("Crying: nursery")
    phone.route("**/house", lambda route: route.abort())
    phone.clock.run_for(10_000)
    expect(shown).to_have_text("No connection to Tears")
    phone.unroute("**/house")
    phone.clock.run_for(10_000)
    expect(shown).to_have_text("Crying: nursery")
    # A phone that has left the network gets no answer, and for minutes no error either.
    phone.route("**/house", lambda _route: None)
    phone.clock.run_for(10_000)
    phone.clock.run_for(8_000)
    expect(shown).to_have_text("No connection to Tears")
    phone.unroute("**/house")


def test_crying_in_the_timeline_plays(phone: Page, home: FullJournal) -> None:
    phone.goto(NIGHT)
    phone.locator(f'.crying-top[data-sound="{home.episode_id}"]').dispatch_event("click")
    comes_true(phone, "document.querySelector('audio').currentTime > 0.3")
    assert phone.evaluate("document.querySelector('audio').src").endswith(f"/clips/{home.episode_id}.mp3")


def test_a_tap_in_the_picture_of_a_sound_moves_it(phone: Page, home: FullJournal) -> None:
    phone.goto(f"/episodes/{home.episode_id}")
    comes_true(phone, "document.querySelector('audio').duration > 10")
    box = phone.locator("[data-sonogram]").bounding_box()
    assert box is not None
    phone.locator("[data-sonogram]").click(position={"x": box["width"] * 0.6, "y": 20})
    share = "document.querySelector('audio').currentTime / document.querySelector('audio').duration"
    comes_true(phone, f"{share} > 0.55 && {share} < 0.8")


def test_without_scripts_a_parent_still_sees_hears_and_corrects(browser: Browser, home: FullJournal) -> None:
    context = visitor(browser, home, java_script_enabled=False, locale="en-GB", **PHONE)
    page = context.new_page()
    page.goto(NIGHT)
    assert page.locator(f'[data-play="{home.episode_id}"]').get_attribute("href") == f"/clips/{home.episode_id}.mp3"
    page.locator(f"#sound-{home.episode_id} a.grow").tap()
    expect(page.locator("h1")).to_contain_text("Crying at")
    page.get_by_role("button", name="A cat").tap()
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    episode = home.history.episode(home.episode_id)
    assert episode is not None
    assert episode.label is not None
    assert episode.label.verdict is Verdict.CAT
    page.get_by_role("button", name="Take the answer back").tap()
    # The question before a deletion needs no script either.
    expect(page.get_by_role("button", name="Yes, delete")).to_be_hidden()
    page.locator("details.confirm summary").tap()
    expect(page.get_by_role("button", name="Yes, delete")).to_be_visible()
    context.close()


def test_a_keyboard_reaches_a_sound_and_plays_it(browser: Browser, home: FullJournal) -> None:
    context = visitor(browser, home, locale="en-GB", **DESKTOP)
    page = context.new_page()
    page.goto(NIGHT)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.play !== undefined"):
            break
    page.keyboard.press("Enter")
    comes_true(page, "document.querySelector('audio').currentTime > 0.3")
    context.close()
