"""The console that every command prints to."""

from rich.console import Console

# Wider than any line.
_UNLIMITED_COLUMNS = 10_000


def make_console() -> Console:
    """Return a console as wide as the terminal; in a file, a pipe or a system log, no line is wrapped."""
    console = Console()
    if not console.is_terminal:
        console.width = _UNLIMITED_COLUMNS
    return console
