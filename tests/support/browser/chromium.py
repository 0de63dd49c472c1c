"""Debian's Chromium, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
# What comes at all comes far sooner, but not on a machine that is busy with other things.
PATIENCE_MILLISECONDS = 60_000
_FLAGS = (
    "--no-sandbox",  # tests run as root in CI, where the sandbox does not start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A small phone, a desktop and a television, in CSS pixels.
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
TELEVISION: dict[str, Any] = {"viewport": {"width": 1920, "height": 1080}}


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Yield a browser without a window, with a profile of its own that is deleted afterwards."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=list(_FLAGS), timeout=PATIENCE_MILLISECONDS
        )
        try:
            yield browser
        finally:
            browser.close()


def new_visitor(browser: Browser, address: str, **options: Any) -> BrowserContext:
    """Return a new visitor, who has no cookies, and patience; the arguments are those of `visiting`."""
    context = browser.new_context(base_url=address, **options)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    return context


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Yield a page of a new visitor, who has no cookies; raise AssertionError if the page had an error of its own.

    Args:
        browser: a running one.
        address: where the pages are, such as http://127.0.0.1:8080; paths are relative to it.
        options: of Playwright's `new_context`, such as PHONE.
    """
    context = new_visitor(browser, address, **options)
    try:
        page = context.new_page()
        faults = watch_faults(page)
        yield page
        assert not faults, f"the page had errors: {faults}"
    finally:
        context.close()


def watch_faults(page: Page) -> list[str]:
    """Return a list that grows with each error of the page: of a script, or of what its policy forbids."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # What the network refuses is for the page to handle, and some tests take the network away.
        if message.type == "error" and "Failed to load resource" not in message.text and "net::ERR" not in message.text:
            faults.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


def no_scripts(browser: Browser, address: str, **options: Any) -> BrowserContext:
    """Return a visitor whose browser runs no script."""
    return new_visitor(browser, address, java_script_enabled=False, **options)
