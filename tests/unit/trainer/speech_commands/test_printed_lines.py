"""The lines that a run prints."""

import math

import numpy as np
import pytest

from tears.trainer.speech_commands.printed_lines import (
    LinePrinter,
    confusion_lines,
    final_line,
    step_line,
    validation_line,
)


def test_the_lines_are_those_that_people_know() -> None:
    assert step_line(1, 0.001, 0.5, math.log(4)) == "Step #1: rate 0.001000, accuracy 50.0%, cross entropy 1.386294"
    assert validation_line(400, 0.9123, 137) == "Step 400: Validation accuracy = 91.2% (N=137)"
    assert final_line(0.912, 71) == "Final test accuracy = 91.2% (N=71)"
    assert confusion_lines(np.array([[3, 0], [12, 1]])) == "Confusion Matrix:\n [[ 3  0]\n [12  1]]"
    assert "..." not in confusion_lines(np.zeros((40, 40), np.int64))


def test_each_level_of_verbosity_hides_the_levels_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(verbosity: str) -> list[str]:
        lines = LinePrinter(verbosity)
        lines.debug("debug")
        lines.info("info")
        lines.result("result")
        lines.warning("careful")
        out, err = capsys.readouterr()
        return [*out.split(), *err.splitlines()]

    warning = "tears-train: warning: careful"
    assert printed("DEBUG") == ["debug", "info", "result", warning]
    assert printed("INFO") == ["info", "result", warning]
    assert printed("WARN") == ["result", warning]
    assert printed("ERROR") == printed("FATAL") == []
