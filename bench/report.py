"""A figure and what it is measured against."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One row. `limit` is a bar: `at_least` tells on which side of it the figure should lie."""

    what: str
    value: float
    unit: str
    limit: float
    at_least: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of its bar."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def show(figures: list[Figure], console: Console) -> None:
    """Prints the table."""
    table = Table("what", "measured", "bar", "", "note")
    for one in figures:
        sign = ">=" if one.at_least else "<="
        verdict = "[green]met[/green]" if one.is_met else "[red]missed[/red]"
        table.add_row(one.what, f"{one.value:.1f} {one.unit}", f"{sign} {one.limit:g} {one.unit}", verdict, one.note)
    console.print(table)
