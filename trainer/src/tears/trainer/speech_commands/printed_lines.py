"""Print the lines of a run: those that people know from train.py, and warnings; draw a bar while a person watches."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import numpy.typing as npt
import rich.progress as bars

_LEVELS: Final = logging.getLevelNamesMapping()


class LinePrinter:
    """Prints the lines that `--verbosity` lets through, each at once.

    Lines go to stdout. Warnings go to stderr, so that they do not stand between the figures of a log.
    """

    def __init__(self, verbosity: str) -> None:
        self._lowest = _LEVELS[verbosity]

    def debug(self, line: str) -> None:
        """Print a detail that helps to find out why a run goes wrong."""
        self._print(logging.DEBUG, line)

    def info(self, line: str) -> None:
        """Print a line about the progress of the run."""
        self._print(logging.INFO, line)

    def result(self, line: str) -> None:
        """Print a result of the run, at the level of warnings, as train.py does."""
        self._print(logging.WARNING, line)

    def warning(self, line: str) -> None:
        """Warn of something that the user may not have intended."""
        if self._lowest <= logging.WARNING:
            print(f"tears-train: warning: {line}", file=sys.stderr, flush=True)

    def _print(self, level: int, line: str) -> None:
        if self._lowest <= level:
            print(line, flush=True)


def step_line(step: int, rate: float, accuracy: float, cross_entropy: float) -> str:
    """Return the line of a training step; the accuracy is a share."""
    return f"Step #{step}: rate {rate:f}, accuracy {accuracy * 100:.1f}%, cross entropy {cross_entropy:f}"


def confusion_lines(matrix: npt.NDArray[np.int64]) -> str:
    """Return the lines of a confusion matrix: a row for each true label, a column for each answer."""
    return f"Confusion Matrix:\n {np.array2string(matrix, threshold=sys.maxsize, max_line_width=10_000)}"


def validation_line(step: int, accuracy: float, clips: int) -> str:
    """Return the line of a validation; the accuracy is a share."""
    return f"Step {step}: Validation accuracy = {accuracy * 100:.1f}% (N={clips})"


def final_line(accuracy: float, clips: int) -> str:
    """Return the line of the final test; the accuracy is a share."""
    return f"Final test accuracy = {accuracy * 100:.1f}% (N={clips})"


@contextmanager
def progress_bar(steps: int) -> Iterator[Callable[[int, str], None]]:
    """Draw a bar below the printed lines if stdout is a terminal; yield a function that shows a step and a note."""
    if not sys.stdout.isatty():
        yield lambda _step, _note: None
        return
    columns = (
        bars.TextColumn("step"),
        bars.MofNCompleteColumn(),
        bars.BarColumn(bar_width=None),
        bars.TextColumn("{task.fields[note]}"),
        bars.TimeRemainingColumn(),
    )
    # The bar disappears at the end, so that the last lines remain to be read.
    with bars.Progress(*columns, transient=True, expand=True) as bar:
        task = bar.add_task("training", total=steps, note="")
        yield lambda step, note: bar.update(task, completed=step, note=note)
