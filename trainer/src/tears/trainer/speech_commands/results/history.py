"""How a run went, step by step, in a table beside its checkpoints."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tears.trainer.speech_commands.whole_files import write_text


@dataclass(frozen=True)
class Step:
    """One step of training; the accuracies are shares, the cross entropies nats.

    Attributes:
        step: From 1.
        rate: Learning rate.
        accuracy: Over the step's own clips, before it learnt from them.
        cross_entropy: Likewise.
        validation_accuracy: Over the validation split after the step; NaN where it was not looked at.
        validation_cross_entropy: Likewise.
    """

    step: int
    rate: float
    accuracy: float
    cross_entropy: float
    validation_accuracy: float = math.nan
    validation_cross_entropy: float = math.nan


_COLUMNS = tuple(field.name for field in fields(Step))


def write_history(path: Path, steps: Sequence[Step]) -> None:
    """Writes the table, as CSV.

    Raises:
        WriteError: The disk does not take it.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(["" if value != value else value for value in astuple(step)] for step in steps)  # noqa: PLR0124 - NaN
    write_text(path, table.getvalue())


def read_history(path: Path, last_step: int) -> list[Step]:
    """What an earlier run wrote, up to and including a step; nothing where there is no such table, or another one."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        if not rows or tuple(rows[0]) != _COLUMNS:
            return []
        steps = [Step(int(row[0]), *(float(cell) if cell else math.nan for cell in row[1:])) for row in rows[1:]]
    except (OSError, ValueError, TypeError):
        return []
    return [step for step in steps if step.step <= last_step]
