"""The page Now in a real browser: it follows what happens, and never looks fine when it does not know."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.browser.chromium import DESKTOP, PHONE, TELEVISION, no_scripts, visiting
from support.browser.parents import listen, log_in
from support.journal.journal_process import JournalProcess, PublishedRoom
from support.redis.servers import RedisServer

from tears.kit.messages.episode import EpisodeState
from tears.kit.registry.mic_state import MicState


def expect_state(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator('[data-mic] [data-show="state"]')).to_have_text(words)


def test_the_page_follows_the_room_without_being_loaded_again(
    browser: Browser, journal: JournalProcess, room: PublishedRoom
) -> None:
    with visiting(browser, journal.address, **PHONE) as page:
        log_in(page)
        expect_state(page, "Quiet")
        page.evaluate("window.sameDocument = true")
        acknowledge = page.get_by_role("button", name="I am looking after it")
        expect(acknowledge).to_be_hidden()
        room.cry("episode-1", EpisodeState.OPEN)
        expect_state(page, re.compile(r"Crying since \d\d:\d\d"))
        expect(acknowledge).to_be_visible()
        expect(page.get_by_role("link", name="What was heard")).to_have_attribute("href", "/episodes/episode-1")
        room.cry("episode-1", EpisodeState.CLOSED)
        expect_state(page, "Quiet")
        room.mic_state = MicState.ABSENT
        expect_state(page, "Not listening")
        expect(page.get_by_text("The microphone cannot be found")).to_be_visible()
        room.mic_state = MicState.LISTENING
        expect_state(page, "Quiet")
        loudness = page.get_by_label("Loudness")
        assert int(loudness.evaluate("meter => meter.value")) > 0
        assert page.evaluate("window.sameDocument")


def test_an_alert_leads_to_crying_that_the_journal_does_not_know_yet(
    browser: Browser, journal: JournalProcess, room: PublishedRoom
) -> None:
    with visiting(browser, journal.address, **PHONE) as page:
        log_in(page)
        page.goto(f"/episodes/episode-1?at={int(time.time())}")
        expect(page.get_by_role("heading", name="A moment, please")).to_be_visible()
        expect(page.get_by_role("link", name="To the rooms")).to_have_attribute("href", "/")
        room.cry("episode-1", EpisodeState.OPEN)
        # The page asks again by itself.
        expect(page.get_by_role("heading", name=re.compile("^Crying at"))).to_be_visible()


def test_a_room_that_comes_later_appears_and_the_first_goes_on_playing(
    browser: Browser, journal: JournalProcess, room: PublishedRoom, redis_server: RedisServer
) -> None:
    with visiting(browser, journal.address, **DESKTOP) as page:
        log_in(page)
        expect_state(page, "Quiet")
        listen(page)
        with PublishedRoom(redis_server.url, room.made, mic="K_x00FC_che"):
            expect(page.get_by_role("heading", name="Küche")).to_be_visible()
            expect(page.get_by_role("button", name="Stop listening")).to_have_count(1)
            # The other room can be listened to as well, at the same time.
            page.get_by_role("button", name="Listen", exact=True).click()
            expect(page.get_by_text("You hear the room.")).to_have_count(2)


def test_a_page_without_a_connection_says_so_and_recovers(
    browser: Browser, journal: JournalProcess, room: PublishedRoom
) -> None:
    del room
    with visiting(browser, journal.address, **PHONE) as page:
        log_in(page)
        expect_state(page, "Quiet")
        lost = page.get_by_text("This page has lost its connection to Tears")
        expect(lost).to_be_hidden()
        state, colour = page.locator(".state"), "getComputedStyle(document.querySelector('.state')).color"
        green = page.evaluate(colour)
        journal.freeze()
        expect(lost).to_be_visible()
        expect(state).not_to_have_css("color", green)
        journal.thaw()
        expect(lost).to_be_hidden()
        expect(state).to_have_css("color", green)


def test_without_redis_the_page_does_not_say_that_it_is_quiet(
    browser: Browser, journal: JournalProcess, room: PublishedRoom, redis_server: RedisServer
) -> None:
    del room
    with visiting(browser, journal.address, **PHONE) as page:
        log_in(page)
        expect_state(page, "Quiet")
        redis_server.freeze()
        expect_state(page, "Not listening")
        redis_server.thaw()
        expect_state(page, "Quiet")


def test_a_refused_command_is_told_and_the_page_stays(
    browser: Browser, journal: JournalProcess, room: PublishedRoom
) -> None:
    # No alerter runs here, so nobody answers.
    del room
    with visiting(browser, journal.address, **PHONE) as page:
        log_in(page)
        expect_state(page, "Quiet")
        expect(page.get_by_role("link", name="Look again")).to_have_count(0)
        page.get_by_text("No alerts for a while").click()
        page.get_by_label("For").select_option("60")
        page.get_by_role("button", name="Snooze").click()
        said = page.get_by_text("nursery: the alerter has not answered. Is it running?")
        expect(said).to_be_visible()
        expect(page).to_have_url("/")


def test_the_page_works_without_a_script(browser: Browser, journal: JournalProcess, room: PublishedRoom) -> None:
    del room
    context = no_scripts(browser, journal.address, **PHONE)
    page = context.new_page()
    log_in(page)
    expect(page.locator("audio")).to_have_attribute("src", "/live/nursery/sound.mp3")
    expect(page.get_by_role("button", name="Listen")).to_be_hidden()
    # Nothing moves by itself here, and "Quiet" of an hour ago must not look like now.
    page.get_by_role("link", name="Look again").click()
    page.get_by_text("No alerts for a while").click()
    page.get_by_role("button", name="Snooze").click()
    expect(page.get_by_text("the alerter has not answered")).to_be_visible()
    context.close()


@pytest.mark.parametrize("screen", [PHONE, DESKTOP, TELEVISION], ids=["phone", "desktop", "television"])
def test_everybody_can_read_the_page_and_it_is_small(
    browser: Browser, journal: JournalProcess, room: PublishedRoom, screen: dict[str, object]
) -> None:
    room.cry("episode-1", EpisodeState.OPEN)
    with visiting(browser, journal.address, **screen) as page:
        log_in(page)
        expect_state(page, re.compile("Crying"))
        page.get_by_text("No alerts for a while").click()
        serious = [
            one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}
        ]
        assert not serious
        wide, screen_width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= screen_width
        sizes = page.evaluate(
            "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
            ".filter((one) => !one.name.includes('/live/')).map((one) => one.transferSize)"
        )
        assert 10_000 < sum(sizes) <= 150_000
