"""Draw docs/demo.svg, the output of `make demo`, from a real run: `make docs`."""

import re
from pathlib import Path

from rich.console import Console

from tears.cli.demo import demo

PICTURE = Path(__file__).with_name("demo.svg")
PICTURE_COLUMNS = 100


def main() -> None:
    """Run the demo and write the picture."""
    console = Console(record=True, width=PICTURE_COLUMNS)
    demo(console)
    drawn = console.export_svg(title="make demo")
    # The picture must not download a font; the reader's own fixed-width font is used.
    PICTURE.write_text(re.sub(r"\s*@font-face\s*{[^}]*}", "", drawn))


if __name__ == "__main__":
    main()
