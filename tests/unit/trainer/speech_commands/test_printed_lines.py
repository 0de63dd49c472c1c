"""The lines that a run prints, and its progress bar on a terminal and in a log."""

import io
import math
import sys

import numpy as np
import pytest

from tears.trainer.speech_commands.printed_lines import (
    LinePrinter,
    confusion_lines,
    final_line,
    progress_bar,
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


class FakeTerminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def draw(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {"TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", out)
    with progress_bar(12) as show_progress:
        for step in (1, 7):
            show_progress(step, f"cross entropy {1 / step:.3f}")
    return out.getvalue()


def test_on_a_terminal_a_bar_shows_the_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw(FakeTerminal(), monkeypatch)
    assert " 7/12" in drawn
    assert "cross entropy 0.143" in drawn


def test_a_log_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draw(io.StringIO(), monkeypatch) == ""
