"""The model's card: a fixed text with the tables of its figures in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tears.trainer.evaluation.report.tables import tables

CARD_TEMPLATE: Final = Path(__file__).with_name("card.md")
# The tables replace this line of the template.
FIGURES_MARK: Final = "<!-- figures -->"


def write_card(figures: Mapping[str, Any], path: Path) -> None:
    """Write the card with the figures of figures.json that have been measured so far."""
    parts = [f"### {title}\n\n{table}" for title, table in tables(figures).items()]
    text = CARD_TEMPLATE.read_text(encoding="utf-8").replace(FIGURES_MARK, "\n\n".join(parts))
    path.write_text(text, encoding="utf-8")
