"""A parent's first evening: `tears up`, the first password, the steps of the first run, and the first alert.

All services are real, with the shipped model; only the nursery is generated.
"""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect
from support.browser.chromium import DESKTOP, PHONE, visiting
from support.browser.parents import listen, log_in
from support.network.receivers import NoticeReceiver
from support.processes.tears_command import start_tears
from support.waiting import wait_until

from tears.samples.scene import compose_scene

# So long it is quiet before each cry.
QUIET_SECONDS = 40.0
# The services start, and each cry is a minute after the one before.
DEADLINE_SECONDS = 120.0
PATIENCE_MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def scene(cries: npt.NDArray[np.int16], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ten minutes of a nursery: each cry is as long as a slow machine needs for what is done during it."""
    nursery = compose_scene(5, minutes=2.0)
    before = nursery.samples[: int(QUIET_SECONDS * nursery.sample_rate_hz)]
    path = tmp_path_factory.mktemp("scene") / "nursery.flac"
    soundfile.write(path, np.tile(np.concatenate([before, cries, cries]), 6), nursery.sample_rate_hz)
    return path


@contextmanager
def running_house(scene: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Run `tears up` with the scene, and yield the address of the page and the first password."""
    process = start_tears(
        "up",
        "--input",
        scene,
        "--mic",
        "nursery",
        TMPDIR=str(folder),
        TEARS_JOURNAL_PORT="0",
        TEARS_JOURNAL_PAGE_LISTEN="loopback",
    )
    try:
        yield _address_and_password(process)
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output


def _address_and_password(process: Popen[str]) -> tuple[str, str]:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"the journal: (http[^;\s]+).* with the password (\S+)", line):
            return found[1], found[2]
    raise AssertionError("it ended without an address and a password")


def set_up(page: Page, receiver: NoticeReceiver) -> None:
    """Go through the steps of the first run."""
    expect(page).to_have_url(re.compile("/welcome$"))
    page.get_by_label("Choose a password").fill("three quiet owls")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Does Tears hear the room?")).to_be_visible()
    again, go_on = page.get_by_role("link", name="Look again"), page.get_by_role("link", name="Go on")
    for _ in range(60):
        if not again.is_visible():
            break
        again.click()
    page.get_by_label("What is this room called?").fill("Anna's room")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("The room is called Anna's room now.")).to_be_visible()
    go_on.click()
    page.get_by_label("Whose phone is it?").fill("Mum")
    page.get_by_label("By another service").check()
    page.get_by_label("Its Apprise URL").fill(receiver.url())
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_role("link", name="It rang").click(timeout=PATIENCE_MILLISECONDS)
    page.get_by_role("link", name="To the rooms").click()
    expect(page).to_have_url("/")


def test_from_the_first_start_to_the_first_alert(browser: Browser, scene: Path, tmp_path: Path) -> None:
    with (
        NoticeReceiver() as receiver,
        running_house(scene, tmp_path) as (address, password),
        visiting(browser, address, **PHONE) as phone,
    ):
        phone.goto("/")
        phone.get_by_label("Password").fill(password)
        phone.get_by_role("button", name="Log in").click()
        set_up(phone, receiver)
        assert receiver.taken
        # The phone lies beside the bed and plays the room; then somebody cries.
        listen(phone)
        expect(phone.get_by_text(re.compile(r"^Crying since"))).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        wait_until(
            lambda: receiver.texts("Anna's room: crying"), DEADLINE_SECONDS, describe=lambda: str(receiver.taken)
        )
        phone.get_by_role("button", name="I am looking after it").click()
        expect(phone.get_by_text("you are looking after it")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        expect(phone.get_by_text("Somebody is looking after it.")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        with visiting(browser, address, **DESKTOP) as desk:
            log_in(desk, "three quiet owls")
            expect(desk.get_by_text("Somebody is looking after it.")).to_be_visible()
            desk.get_by_text("No alerts for a while").click()
            desk.get_by_role("button", name="Snooze").click()
            expect(desk.get_by_text("Anna's room is snoozed.")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
            # The phone shows it, too, and goes on playing.
            expect(phone.get_by_text(re.compile(r"^Snoozed until"))).to_be_visible(timeout=PATIENCE_MILLISECONDS)
            expect(phone.get_by_role("button", name="Stop listening")).to_be_visible()
            desk.get_by_role("button", name="Alert me again").click()
            expect(phone.get_by_text(re.compile(r"^Snoozed until"))).to_be_hidden(timeout=PATIENCE_MILLISECONDS)
