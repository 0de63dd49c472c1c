"""A QR code on the terminal, so that a phone opens the page without typing."""

import io

import segno
from rich.text import Text

# What a phone's camera needs around the code, in modules.
_BORDER_MODULES = 2


def qr_text(url: str) -> Text:
    """Return the code in half blocks, white on black whatever the terminal's colours are."""
    drawn = io.StringIO()
    segno.make_qr(url, error="l").terminal(drawn, border=_BORDER_MODULES, compact=True)
    return Text(drawn.getvalue().rstrip("\n"), "bright_white on black", no_wrap=True)
