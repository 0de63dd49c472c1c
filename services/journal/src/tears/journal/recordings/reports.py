"""What `tears record` says: a line a microphone while it runs, and an event when there is one."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

MIB = 1024.0 * 1024.0
GIB = 1024.0 * MIB
# A fault that goes on is told again after so long, with what has come together meanwhile.
REPEAT_SECONDS = 60.0


@dataclass
class MicStatus:
    """What is recorded of one microphone, in this life."""

    state: str = "waiting for sound"
    open_seconds: float = 0.0
    stored_seconds: float = 0.0
    files: int = 0
    size_bytes: int = 0
    missing_seconds: float = 0.0
    dropped_seconds: float = 0.0

    def words(self) -> str:
        """One line."""
        text = f"{clock_time(self.stored_seconds)} in {count(self.files, 'file')}, {size(self.size_bytes)}"
        if self.missing_seconds:
            text += f"; {self.missing_seconds:.1f} s never came"
        if self.dropped_seconds:
            text += f"; {self.dropped_seconds:.1f} s dropped"
        return text


def status_table(mics: Mapping[str, MicStatus], notes: list[str]) -> Table:
    """A line a microphone, and what is wrong."""
    table = Table.grid(padding=(0, 2))
    for mic, status in sorted(mics.items()):
        style = "green" if status.state == "recording" else "yellow"
        table.add_row(Text(mic, "bold"), Text(status.state, style), f"{status.open_seconds:4.0f} s", status.words())
    for note in notes:
        table.add_row(Text("!", "bold red"), Text(note, "red"))
    return table


def say(console: Console, words: str, style: str = "") -> None:
    """Prints an event as one line, as it stands; or nothing, where nothing can be printed.

    The log may lie on the disk that is full, and recording goes on all the same.
    """
    with contextlib.suppress(OSError):
        console.print(Text(words, style), soft_wrap=True)


class Throttle:
    """Says how much of something has come together, at once and then once a minute."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, float]] = {}

    def grown(self, key: str, total: float, now_seconds: float) -> float:
        """By how much `total` has grown since it was last said; 0 where it has not, or not long ago."""
        said, at_seconds = self._said.get(key, (0.0, float("-inf")))
        if total <= said or now_seconds - at_seconds < REPEAT_SECONDS:
            return 0.0
        self._said[key] = (total, now_seconds)
        return total - said


class Faults:
    """What is wrong now; each is told when it begins or becomes another, and when it is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._now: dict[str, tuple[object, str]] = {}

    def begin(self, what: str, words: str, *, kind: object = None) -> None:
        """`what` is wrong; told again only where its `kind` has changed."""
        is_told = what in self._now and self._now[what][0] == kind
        self._now[what] = (kind, words)
        if not is_told:
            say(self._console, words, "yellow")

    def end(self, what: str, words: str) -> None:
        """`what` is well again, if it was wrong."""
        if self._now.pop(what, None) is not None:
            say(self._console, words)

    def words(self) -> list[str]:
        """All of them."""
        return [words for _, words in self._now.values()]


def clock_time(seconds: float) -> str:
    """`1:03:07` for 3 787 s."""
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"


def size(size_bytes: float) -> str:
    """In MiB, or GiB where there are many."""
    return f"{size_bytes / GIB:.2f} GiB" if size_bytes >= GIB else f"{size_bytes / MIB:.1f} MiB"


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
