"""What is printed: the lines that people know, warnings, and a progress bar where somebody watches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_LEVELS: Final = {"DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}


class Lines:
    """Prints what `--verbosity` lets through, each line at once.

    The lines of a run go to stdout, and warnings to stderr, where they do not come between the figures of a log.
    """

    def __init__(self, verbosity: str) -> None:
        self._least = _LEVELS[verbosity]

    def debug(self, line: str) -> None:
        """What helps to understand a run that goes wrong."""
        self._print(10, line)

    def info(self, line: str) -> None:
        """What happens."""
        self._print(20, line)

    def result(self, line: str) -> None:
        """What the run was for; printed at the level of warnings, as train.py does."""
        self._print(30, line)

    def warning(self, line: str) -> None:
        """What may not be as it was meant."""
        if self._least <= _LEVELS["WARN"]:
            print(f"tears-train: warning: {line}", file=sys.stderr, flush=True)

    def _print(self, level: int, line: str) -> None:
        if self._least <= level:
            print(line, flush=True)


class Progress:
    """How far a run has come; does nothing where nobody watches."""

    def __init__(self, bar: Any = None, task: Any = None) -> None:
        self._bar = bar
        self._task = task

    def reached(self, step: int, note: str) -> None:
        """A step is done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=step, note=note)


@contextmanager
def progress(steps: int) -> Iterator[Progress]:
    """A bar below the lines, while stdout is a terminal; otherwise nothing is drawn."""
    if not sys.stdout.isatty():
        yield Progress()
        return
    # Imported late: it comes with the trainer's packages.
    import rich.progress as bars  # noqa: PLC0415

    columns = (
        bars.TextColumn("step"),
        bars.MofNCompleteColumn(),
        bars.BarColumn(bar_width=None),
        bars.TextColumn("{task.fields[note]}"),
        bars.TimeRemainingColumn(),
    )
    # It goes when the run is over: the last lines are what stays to be read.
    with bars.Progress(*columns, transient=True, expand=True) as bar:
        yield Progress(bar, bar.add_task("training", total=steps, note=""))


def step_line(step: int, rate: float, accuracy: float, cross_entropy: float) -> str:
    """The line of a training step; the accuracy is a share."""
    return f"Step #{step}: rate {rate:f}, accuracy {accuracy * 100:.1f}%, cross entropy {cross_entropy:f}"


def confusion_lines(matrix: npt.NDArray[np.int64]) -> str:
    """The confusion matrix: a row for each label, a column for each answer."""
    return f"Confusion Matrix:\n {np.array2string(matrix, threshold=sys.maxsize, max_line_width=10_000)}"


def validation_line(step: int, accuracy: float, clips: int) -> str:
    """The line of a validation."""
    return f"Step {step}: Validation accuracy = {accuracy * 100:.1f}% (N={clips})"


def final_line(accuracy: float, clips: int) -> str:
    """The line that a run is for."""
    return f"Final test accuracy = {accuracy * 100:.1f}% (N={clips})"
