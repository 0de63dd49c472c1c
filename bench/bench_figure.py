"""A figure and the limit that it is compared with."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class BenchFigure:
    """One row of the table. With `at_least` the figure should not be below the limit, else not above it."""

    what: str
    value: float
    unit: str
    limit: float
    at_least: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def report(figures: list[BenchFigure], console: Console) -> int:
    """Print the table; return the exit status: 1 if a limit is missed."""
    table = Table("what", "measured", "limit", "", "note")
    for one in figures:
        sign = ">=" if one.at_least else "<="
        verdict = "[green]met[/green]" if one.is_met else "[red]missed[/red]"
        table.add_row(one.what, f"{one.value:.1f} {one.unit}", f"{sign} {one.limit:g} {one.unit}", verdict, one.note)
    console.print(table)
    return 0 if all(one.is_met for one in figures) else 1
