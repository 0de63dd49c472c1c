"""The table of a run's steps, kept as CSV beside its checkpoints."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tears.trainer.disk_writes import write_text


@dataclass(frozen=True)
class TrainingStep:
    """One step of training; the accuracies are shares, the cross entropies nats."""

    step: int  # from 1
    rate: float  # the learning rate
    # On the step's own clips, before learning from them.
    accuracy: float
    cross_entropy: float
    # On the validation split after the step; NaN without a validation.
    validation_accuracy: float = math.nan
    validation_cross_entropy: float = math.nan


_COLUMNS = tuple(field.name for field in fields(TrainingStep))


def write_steps(path: Path, steps: Sequence[TrainingStep]) -> None:
    """Write the table; raise WriteError if the disk does not take it."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(["" if math.isnan(value) else value for value in astuple(step)] for step in steps)
    write_text(path, table.getvalue())


def read_steps(path: Path, last_step: int) -> list[TrainingStep]:
    """Return the steps of an earlier run up to `last_step`; no steps if the file is missing or is not such a table."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        if not rows or tuple(rows[0]) != _COLUMNS:
            return []
        steps = [TrainingStep(int(row[0]), *(float(cell or "nan") for cell in row[1:])) for row in rows[1:]]
    except (OSError, ValueError, TypeError):
        return []
    return [step for step in steps if step.step <= last_step]
