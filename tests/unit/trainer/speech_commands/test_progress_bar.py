"""The progress bar of a run, on a terminal and in a log."""

import io
import sys

import pytest

from tears.trainer.speech_commands.progress_bar import progress_bar


class FakeTerminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def draw(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {"TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", out)
    with progress_bar(12) as bar:
        for step in (1, 7):
            bar.show_step(step, f"cross entropy {1 / step:.3f}")
    return out.getvalue()


def test_on_a_terminal_a_bar_shows_the_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw(FakeTerminal(), monkeypatch)
    assert " 7/12" in drawn
    assert "cross entropy 0.143" in drawn


def test_a_log_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draw(io.StringIO(), monkeypatch) == ""
