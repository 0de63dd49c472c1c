"""What the report of a failed test shows of its processes."""

import os
from pathlib import Path

from support.processes.log_tails import LONGEST_LINE, MOST_FILES, MOST_LINES, log_tails


def test_the_last_lines_of_each_log_are_shown_the_latest_log_first(tmp_path: Path) -> None:
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "log").write_text("begun\nended\n")
    (tmp_path / "alerter0.log").write_text("".join(f"{number}\n" for number in range(100)))
    os.utime(tmp_path / "early" / "log", (1.0, 1.0))
    (tmp_path / "empty.log").touch()
    (tmp_path / "catalog").write_text("no log")
    (name, late), early = log_tails(tmp_path)
    assert (name, late.splitlines()) == ("alerter0.log", [str(number) for number in range(100 - MOST_LINES, 100)])
    assert early == ("early/log", "begun\nended")


def test_long_lines_and_many_logs_are_cut(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        (tmp_path / f"{number}.log").write_text("x" * 100_000)
    shown = log_tails(tmp_path)
    assert len(shown) == MOST_FILES
    assert {len(text) for _, text in shown} == {LONGEST_LINE + 3}
