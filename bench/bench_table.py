"""A table of measurements, for a terminal and for a page."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class BenchTable:
    """A title, the heads of the columns, the rows, and a sentence below them."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def print_on(self, console: Console) -> None:
        """Print it with its note."""
        table = Table(*self.heads, title=self.title)
        for row in self.rows:
            table.add_row(*row)
        console.print(table)
        if self.note:
            console.print(self.note)

    def markdown(self) -> str:
        """Return it as a section of a page."""
        lines = [self.heads, tuple("---" for _ in self.heads), *self.rows]
        table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
        return f"## {self.title}\n\n{table}\n" + (f"\n{self.note}\n" if self.note else "")


def words_of(value: float) -> str:
    """Return a number with as many digits as it is worth: 0.123, 1.23, 12.3, 123."""
    size = abs(value)
    digits = next((digits for bound, digits in ((0.995, 3), (9.95, 2), (99.5, 1)) if size < bound), 0)
    return f"{value:.{digits}f}"
