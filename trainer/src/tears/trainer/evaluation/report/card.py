"""Writes the model's card: fixed words, and the tables that were measured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tears.trainer.evaluation.report.tables import tables

TEMPLATE: Final = Path(__file__).with_name("card.md")
# Where the tables stand in the template.
FIGURES_MARK: Final = "<!-- figures -->"


def write_card(figures: Mapping[str, Any], path: Path) -> None:
    """Writes the card with all that has been measured so far.

    Args:
        figures: As figures.json keeps them.
        path: Of the card.
    """
    parts = [f"### {title}\n\n{table}" for title, table in tables(figures).items()]
    path.write_text(TEMPLATE.read_text(encoding="utf-8").replace(FIGURES_MARK, "\n\n".join(parts)), encoding="utf-8")
