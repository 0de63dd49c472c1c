"""The last lines that the processes of a test have logged, for the report of its failure."""

from pathlib import Path

MOST_FILES = 8
MOST_LINES = 30
# A line with a whole traceback or list in it would hide the others.
LONGEST_LINE = 500
# More than this many lines of usual length.
_TAIL_BYTES = 64 * 1024


def log_tails(folder: Path) -> list[tuple[str, str]]:
    """Return the name and the last lines of each log in a folder, the latest log first; empty ones are left out."""
    logs = [path for path in folder.rglob("*log") if path.name == "log" or path.suffix == ".log"]
    found = [(path, path.stat().st_mtime) for path in logs if path.is_file()]
    latest = [path for path, _ in sorted(found, key=lambda one: -one[1])[:MOST_FILES]]
    return [(path.relative_to(folder).as_posix(), text) for path in latest if (text := _tail(path))]


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()[-MOST_LINES:]
    return "\n".join(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}..." for line in lines)
