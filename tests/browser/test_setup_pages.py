"""The first run and the setup in a real browser, with a real journal, a real alerter and a phone that takes alerts."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.browser.chromium import DESKTOP, PHONE, no_scripts, visiting
from support.journal.journal_process import JournalProcess, PublishedRoom
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.redis.detections import LOUD, QUIET, night, publish
from support.redis.servers import RedisServer
from support.waiting import wait_until

RATE_HZ = 48_000
FIRST_RUN_SECONDS = 120.0
OWN_PASSWORD = "three words together"  # noqa: S105 - of a test


def clapping() -> npt.NDArray[np.int16]:
    """Return ten seconds of a quiet room with a clap in each two of them, int16 (n,)."""
    random = np.random.default_rng(1)
    sound = random.standard_normal(10 * RATE_HZ) * 30
    for second in range(0, 10, 2):
        sound[second * RATE_HZ : second * RATE_HZ + 1_500] *= 100
    return sound.astype(np.int16)


@pytest.fixture
def room(redis_server: RedisServer) -> Iterator[PublishedRoom]:
    """Yield a room in which somebody claps."""
    with PublishedRoom(redis_server.url, clapping()) as room:
        yield room


@pytest.fixture
def receiver() -> Iterator[NoticeReceiver]:
    with NoticeReceiver() as one:
        yield one


@pytest.fixture
def alerts_path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.toml"


@pytest.fixture
def new_journal(redis_server: RedisServer, tmp_path: Path, alerts_path: Path) -> Iterator[JournalProcess]:
    """Yield a journal that nobody has logged in to yet."""
    settings = {"TEARS_JOURNAL_FIRST_PASSWORD": "", "TEARS_ALERTER_RULES": str(alerts_path)}
    with JournalProcess(redis_server.url, tmp_path, **settings) as journal:
        yield journal


@pytest.fixture
def alerter(redis_server: RedisServer, tmp_path: Path, alerts_path: Path) -> Iterator[ServiceProcess]:
    environ = {
        "TEARS_REDIS_URL": redis_server.url,
        "TEARS_ALERTER_STATE_PATH": str(tmp_path / "state" / "alerter.sqlite"),
        "TEARS_ALERTER_PROBE_PORT": "0",
        "TEARS_ALERTER_SELFTEST_SECONDS": "0",
        "TEARS_ALERTER_RULES": str(alerts_path),
    }
    with ServiceProcess("tears.alerter", environ, tmp_path / "alerter.log") as process:
        # A page waits for its answer, but not for its start on a busy machine.
        process.wait_for_log("does not exist yet")
        yield process


def password_in_log(journal: JournalProcess) -> str:
    return journal.wait_for_log(r"log in to the pages with the password (\S+)")[1]


def log_in(page: Page, password: str) -> None:
    """Log in for the first time, which leads to the first run."""
    page.goto("/")
    page.get_by_label("Password").or_(page.get_by_label("Passwort")).fill(password)
    page.get_by_role("button", name=re.compile(r"Log in|Anmelden")).click()
    expect(page).to_have_url("/welcome")


def test_a_parent_comes_from_the_first_password_to_the_first_alert_within_two_minutes(
    browser: Browser,
    new_journal: JournalProcess,
    room: PublishedRoom,
    alerter: ServiceProcess,
    receiver: NoticeReceiver,
    redis_server: RedisServer,
) -> None:
    password, address = password_in_log(new_journal), new_journal.address
    begun_at_seconds = time.monotonic()
    with visiting(browser, address, **PHONE) as page:
        log_in(page, password)
        expect(page.get_by_role("heading", name="Welcome to Tears")).to_be_visible()
        page.get_by_label("Choose a password").fill(OWN_PASSWORD)
        page.get_by_role("button", name="Go on").click()

        expect(page.get_by_label("What is this room called?")).to_have_value("nursery")
        # So much of the clapping must lie in Redis.
        wait_until(lambda: len(room.pieces) > 3)
        page.get_by_role("link", name="I have clapped").click()
        expect(page.get_by_text("The clap was heard.")).to_be_visible()
        page.get_by_role("link", name="Go on").click()

        page.get_by_label("Whose phone is it?").fill("Mum")
        page.get_by_label("Its Apprise URL").fill(receiver.url("phone"))
        expect(page.get_by_label("By another service")).to_be_checked()
        page.get_by_role("button", name="Go on").click()

        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("The test was accepted.")).to_be_visible()
        assert [one["title"] for one in receiver.taken] == ["Tears: test"]
        page.get_by_role("link", name="It rang").click()
        expect(page.get_by_role("heading", name="All is set up")).to_be_visible()
    alerter.wait_for_log("there are other receivers")
    publish(redis_server.client(), night([*[QUIET] * 5, *[LOUD] * 10], mic="nursery"))
    wait_until(lambda: any("crying" in one["title"] for one in receiver.taken), 60.0, describe=alerter.log)
    assert time.monotonic() - begun_at_seconds < FIRST_RUN_SECONDS


@pytest.mark.usefixtures("room", "alerter")
def test_the_setup_works_without_scripts(
    browser: Browser, new_journal: JournalProcess, receiver: NoticeReceiver, alerts_path: Path
) -> None:
    context = no_scripts(browser, new_journal.address)
    page = context.new_page()
    log_in(page, password_in_log(new_journal))
    page.goto("/setup/receivers/form")
    page.get_by_label("Name", exact=True).fill("Dad")
    page.get_by_label("By another service").check()
    page.get_by_label("Its Apprise URL").fill(receiver.url("dad"))
    page.get_by_label("Hours").fill("late")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("Write hours as 22:00-07:00, with commas between several.")
    page.get_by_label("Hours").fill("22:00-07:00")
    page.get_by_label("By another service").check()
    page.get_by_label("Its Apprise URL").fill(receiver.url("dad"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("nobody is told of crying at 07:00-22:00")).to_be_visible()
    assert 'hours = ["22:00-07:00"]' in alerts_path.read_text()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The test was accepted.")).to_be_visible()
    context.close()


def wait_for_room(page: Page) -> None:
    """Open the page of the microphone as soon as the journal knows of it."""

    def is_there() -> bool:
        reply = page.goto("/setup/microphones/nursery")
        return reply is not None and reply.status == 200

    wait_until(is_there, 60.0)


def audio(page: Page) -> Any:
    """Return the length and the place of what is played."""
    return page.evaluate(
        "(({ duration, currentTime }) => [duration, currentTime])(document.getElementById('replayed'))"
    )


@pytest.mark.usefixtures("room")
def test_a_microphone_shows_its_level_and_plays_what_it_has_recorded(
    browser: Browser, new_journal: JournalProcess
) -> None:
    with visiting(browser, new_journal.address, **DESKTOP) as page:
        log_in(page, password_in_log(new_journal))
        wait_for_room(page)
        page.get_by_role("button", name="Record").click()
        expect(page.get_by_role("button", name="Recording: speak now")).to_be_disabled()
        wait_until(lambda: audio(page)[1] > 0, 60.0, describe=lambda: str(audio(page)))
        assert audio(page)[0] == pytest.approx(5.0, abs=0.5)
        bar = page.get_by_label("How loud it is in nursery")
        levels: set[float] = set()

        def has_moved() -> bool:
            levels.add(float(bar.evaluate("meter => meter.value")))
            return len(levels) > 2

        wait_until(has_moved, 60.0)


SCREENS: dict[str, dict[str, Any]] = {
    "phone, dark, German": {**PHONE, "color_scheme": "dark", "locale": "de-DE"},
    "desktop, light, English": {**DESKTOP, "color_scheme": "light", "locale": "en-GB"},
}
PATHS = (
    "/setup",
    "/setup/receivers",
    "/setup/receivers/form",
    "/setup/receivers/form?name=Mum",
    "/setup/microphones/nursery?clapped=1",
    "/setup/access",
    "/welcome",
    "/welcome/microphone?clapped=1",
    "/welcome/phone",
    "/welcome/test?receiver=Mum",
    "/welcome/done",
    "/acknowledge/nonsense",
)


@pytest.mark.usefixtures("room")
def test_every_page_of_the_setup_is_readable_by_everybody_and_fits_the_screen(
    browser: Browser, new_journal: JournalProcess, alerts_path: Path
) -> None:
    alerts_path.write_text('[[receivers]]\nname = "Mum"\nurls = "json://127.0.0.1:9/"\n')
    for screen in SCREENS.values():
        with visiting(browser, new_journal.address, **screen) as page:
            log_in(page, password_in_log(new_journal))
            wait_for_room(page)
            for path in PATHS:
                page.goto(path, wait_until="load")
                found = Axe().run(page).response["violations"]
                serious = [
                    (one["id"], [node["html"] for node in one["nodes"]])
                    for one in found
                    if one["impact"] in {"serious", "critical"}
                ]
                assert serious == [], path
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide == 0, f"{path} is wider than the screen by {wide} pixels"
                assert re.search(r"\bTears$", page.title()), path
                assert page.locator("h1").count() == 1, path
