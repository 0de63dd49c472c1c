"""The table of a run's steps on disk."""

import math
from pathlib import Path

import pytest

from tears.trainer.speech_commands.results.history import TrainingStep, read_steps, write_steps


def test_a_table_is_read_as_it_was_written_up_to_a_step(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    second = TrainingStep(2, 0.01, 0.3, 1.2, 0.25, 1.3)
    write_steps(path, [TrainingStep(1, 0.01, 0.2, 1.4), second, TrainingStep(3, 0.01, 0.4, 1.1)])

    first, again = read_steps(path, 2)
    assert math.isnan(first.validation_accuracy)
    assert again == second


@pytest.mark.parametrize("content", [None, "", "a,b\n1,2\n", "step,rate\n", "\0"])
def test_a_missing_table_or_one_of_another_kind_gives_no_steps(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "history.csv"
    if content is not None:
        path.write_text(content)

    assert read_steps(path, 9) == []
