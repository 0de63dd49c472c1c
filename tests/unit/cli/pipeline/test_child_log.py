"""The output of a child process: in memory, with a copy for people."""

import os
from pathlib import Path

from tears.cli.pipeline.child_log import LARGEST_FILE_BYTES, LARGEST_IN_MEMORY_BYTES, ChildLog


def write(log: ChildLog, text: str) -> None:
    os.write(log.fileno(), text.encode())


def test_what_is_written_is_read_and_copied(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "log")
    write(log, "one\n")
    log.copy()
    write(log, "two\nthr")
    log.copy()
    assert (tmp_path / "log").read_text() == log.text() == "one\ntwo\nthr"
    assert log.new_lines() == "one\ntwo\n"
    write(log, "ee\n")
    assert log.new_lines() == "three\n"


def test_a_file_that_was_deleted_is_made_again_with_everything(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "log")
    write(log, "one\n")
    log.copy()
    (tmp_path / "log").unlink()
    log.copy()
    write(log, "two\n")
    log.copy()
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_a_disk_that_takes_nothing_loses_no_line(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "away" / "log")
    write(log, "one\n")
    log.copy()
    assert log.new_lines() == "one\n"
    (tmp_path / "away").mkdir()
    log.copy()
    assert (tmp_path / "away" / "log").read_text() == "one\n"


def test_a_large_memory_is_emptied_and_later_lines_are_still_read(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "log")
    write(log, "x" * LARGEST_IN_MEMORY_BYTES + "\n")
    log.copy()
    assert log.text() == ""
    write(log, "later\n")
    log.copy()
    assert log.new_lines() == "later\n"
    assert (tmp_path / "log").read_text().endswith("x\nlater\n")


def test_a_large_file_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * (LARGEST_FILE_BYTES + 1))
    log = ChildLog(tmp_path / "log")
    write(log, "later\n")
    log.copy()
    assert (tmp_path / "log").read_text() == "later\n"
