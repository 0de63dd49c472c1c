"""Somebody listens to a room in a real browser: what is decoded is what was played, and how late it is."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from support.browser.chromium import DESKTOP, PHONE, visiting
from support.browser.heard_sound import SoundAgreement, compare_sound, heard_seconds, record_players, take_heard
from support.browser.parents import listen, log_in
from support.journal.journal_process import JournalProcess, PublishedRoom
from support.waiting import wait_until

RATE_HZ = 48_000
MOST_DELAY_SECONDS = 2.0
LEAST_CORRELATION = 0.95


def heard_now(page: Page, room: PublishedRoom) -> SoundAgreement:
    """Compare the next 2 s that are heard with what was played.

    While the player comes closer it plays a little faster, and what it plays then is not what was played. So a stretch
    at another speed is not compared.
    """

    def at_its_own_speed() -> SoundAgreement | None:
        begin = heard_seconds(page)
        wait_until(lambda: heard_seconds(page) >= begin + 2.0, look_seconds=0.1, describe="more sound")
        agreement = compare_sound(take_heard(page, 2.0), room.made, RATE_HZ, room.made_at)
        return agreement if agreement.correlation > LEAST_CORRELATION else None

    agreement = wait_until(at_its_own_speed, describe="sound that is what was played")
    assert agreement is not None
    return agreement


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_what_is_heard_is_what_was_played_less_than_two_seconds_ago(
    browser: Browser,
    journal: JournalProcess,
    room: PublishedRoom,
    screen: dict[str, Any],
) -> None:
    with visiting(browser, journal.address, **screen, bypass_csp=True) as page:
        record_players(page)
        log_in(page)
        listen(page)
        agreement = heard_now(page, room)
        assert 0.0 < agreement.delay_seconds <= MOST_DELAY_SECONDS
