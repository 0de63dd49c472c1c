"""What a run draws while somebody watches."""

import io
import sys

import pytest

from tears.trainer.speech_commands.printed_lines import progress


class Screen(io.StringIO):
    """A terminal, as far as one can ask."""

    def isatty(self) -> bool:
        return True


def draw(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {"TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", out)
    with progress(12) as bar:
        for step in (1, 7):
            bar.reached(step, f"cross entropy {1 / step:.3f}")
    return out.getvalue()


def test_on_a_terminal_a_bar_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw(Screen(), monkeypatch)
    assert " 7/12" in drawn
    assert "cross entropy 0.143" in drawn


def test_in_a_log_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draw(io.StringIO(), monkeypatch) == ""
