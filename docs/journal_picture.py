"""Draw docs/journal-*.png, the pages of a generated home in Debian's Chromium: `make pictures`."""

import argparse
import io
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from pictured_home import LAST_EVENING, FullJournal, served_home
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tears.journal.web.cookies import SESSION_COOKIE

PICTURES = Path(__file__).parent
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PHONE: Final = {"viewport": {"width": 360, "height": 760}, "device_scale_factor": 2}
DESKTOP: Final = {"viewport": {"width": 1100, "height": 720}, "device_scale_factor": 1}
_BETWEEN_PIXELS = 24
# Pages have few colours; a third of the size.
_COLOUR_SCHEMES = 255
_IS_COMPLETE = """() => [...document.images].every((one) => one.complete)
    && [...document.querySelectorAll("audio[preload=metadata]")].every((one) => one.readyState > 0)"""


def draw_all(browser: Browser, home: FullJournal, out: Path) -> None:
    """Write the pictures: three pages on a phone in the dark, and two on a desk by day."""
    night, episode = f"/nights/{LAST_EVENING}", f"/episodes/{home.episode_id}"
    phone = [_picture(browser, home, path, color_scheme="dark", **PHONE) for path in ("/", night, episode)]
    _save(_beside(phone), out / "journal-phone.png")
    for name, path in (("night", night), ("sensitivity", "/sensitivity")):
        _save(_picture(browser, home, path, color_scheme="light", **DESKTOP), out / f"journal-{name}.png")


def _picture(browser: Browser, home: FullJournal, path: str, **options: Any) -> Image.Image:
    context = browser.new_context(base_url=home.address, locale="en-GB", **options)
    try:
        context.add_cookies([{"name": SESSION_COOKIE, "value": home.session, "url": home.address}])
        page = context.new_page()
        page.goto(path)
        # The page of the present never stops to ask for news.
        page.wait_for_function(_IS_COMPLETE)
        return Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    finally:
        context.close()


def _beside(pictures: list[Image.Image]) -> Image.Image:
    """Return the pictures side by side on white."""
    width = sum(one.width for one in pictures) + _BETWEEN_PIXELS * (len(pictures) - 1)
    whole, x = Image.new("RGB", (width, max(one.height for one in pictures)), "white"), 0
    for one in pictures:
        whole.paste(one, (x, 0))
        x += one.width + _BETWEEN_PIXELS
    return whole


def _save(picture: Image.Image, path: Path) -> None:
    picture.quantize(_COLOUR_SCHEMES, dither=Image.Dither.NONE).save(path, "PNG", optimize=True)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="journal_picture.py", description="Draw the pages of the journal.")
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR")
    arguments = parser.parse_args()
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    with tempfile.TemporaryDirectory() as folder, served_home(Path(folder)) as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        draw_all(browser, home, arguments.out)
        browser.close()


if __name__ == "__main__":
    main()
