"""Draw a progress bar while a person watches a run."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class ProgressBar:
    """Shows how far a run has come; without arguments it shows nothing."""

    def __init__(self, bar: Any = None, task: Any = None) -> None:
        self._bar = bar
        self._task = task

    def show_step(self, step: int, note: str) -> None:
        """Show that a step is done, with a note beside it."""
        if self._bar is not None:
            self._bar.update(self._task, completed=step, note=note)


@contextmanager
def progress_bar(steps: int) -> Iterator[ProgressBar]:
    """Show a bar below the printed lines while stdout is a terminal; otherwise draw nothing."""
    if not sys.stdout.isatty():
        yield ProgressBar()
        return
    # Imported late: rich is one of the trainer's optional packages.
    import rich.progress as bars  # noqa: PLC0415

    columns = (
        bars.TextColumn("step"),
        bars.MofNCompleteColumn(),
        bars.BarColumn(bar_width=None),
        bars.TextColumn("{task.fields[note]}"),
        bars.TimeRemainingColumn(),
    )
    # The bar disappears at the end, so that the last lines remain to be read.
    with bars.Progress(*columns, transient=True, expand=True) as bar:
        yield ProgressBar(bar, bar.add_task("training", total=steps, note=""))
