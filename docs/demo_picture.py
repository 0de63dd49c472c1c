"""Draws docs/demo.svg: what `make demo` prints, from a real run: `make docs`."""

from __future__ import annotations

import re
from pathlib import Path

from rich.console import Console

from tears.cli.demo import demo

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS = 100


def main() -> None:
    """Runs the demo and writes the picture."""
    console = Console(record=True, width=COLUMNS)
    demo(console)
    drawn = console.export_svg(title="make demo")
    # A picture fetches nothing: the reader's own fixed-width font will do.
    PICTURE.write_text(re.sub(r"\s*@font-face\s*{[^}]*}", "", drawn))


if __name__ == "__main__":
    main()
