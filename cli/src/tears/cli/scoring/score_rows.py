"""Print the scores of windows as a table."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tears.cli.scoring.picture import ScoredWindow

# An hour. A longer recording gets a table for each hour, so that the table takes no more memory for a longer one.
ROWS_AT_ONCE = 720


class ScoreRows:
    """Collects rows, and prints them as a table of at most `ROWS_AT_ONCE`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._table = self._new()

    def add(self, clip: str, one: ScoredWindow, model: str) -> None:
        """Add the row of one window; print the table if it is full."""
        ranked = sorted(one.scores.values, key=lambda pair: -pair[1])
        cells = (
            clip,
            f"{one.start_seconds:.1f} s",
            f"{one.window.level_dbfs:.1f} dBFS",
            f"{one.window.gain_db:.1f} dB",
            "  ".join(f"{label} {value:.5f}" for label, value in ranked),
            f"{model} {one.scores.version}",
        )
        # Text is not read as markup: the name of a file may have brackets in it.
        self._table.add_row(*(Text(cell) for cell in cells))
        if self._table.row_count >= ROWS_AT_ONCE:
            self.print()

    def print(self) -> None:
        """Print what is left, if there is anything."""
        if self._table.row_count:
            self._console.print(self._table)
        self._table = self._new()

    def _new(self) -> Table:
        return Table("clip", "from", "level", "gain", "scores", "model")
