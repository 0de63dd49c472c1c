"""What a parent does on the pages."""

from playwright.sync_api import Page, expect
from support.journal.journal_process import PASSWORD


def log_in(page: Page, password: str = PASSWORD) -> None:
    """Open the page Now, and log in on the way."""
    page.goto("/")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url("/")


def listen(page: Page) -> None:
    """Listen to the first room, and wait until it is heard."""
    page.get_by_role("button", name="Listen").first.click()
    expect(page.get_by_text("You hear the room.")).to_be_visible()
