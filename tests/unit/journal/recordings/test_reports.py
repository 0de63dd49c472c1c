from __future__ import annotations

import io

from rich.console import Console

from tears.journal.recordings.reports import Faults, MicStatus, Throttle, clock_time, count, size, status_table


def console() -> Console:
    return Console(file=io.StringIO(), width=100)


def printed(target: Console) -> list[str]:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue().splitlines()


def test_a_fault_is_told_once_and_its_end_too() -> None:
    target = console()
    faults = Faults(target)
    faults.begin("redis", "refused")
    faults.begin("redis", "timed out")
    assert faults.words() == ["timed out"]
    faults.end("redis", "back")
    faults.end("redis", "back")
    assert printed(target) == ["refused", "back"]
    assert faults.words() == []


def test_a_fault_of_another_kind_is_told_again() -> None:
    target = console()
    faults = Faults(target)
    faults.begin("disk", "full", kind=28)
    faults.begin("disk", "full", kind=28)
    faults.begin("disk", "read-only", kind=30)
    assert printed(target) == ["full", "read-only"]


def test_an_event_is_one_line_and_its_brackets_stay() -> None:
    target = console()
    Faults(target).begin("disk", "[bold]" + "x" * 300)
    assert printed(target) == ["[bold]" + "x" * 300]


def test_what_grows_is_told_at_once_and_then_once_a_minute() -> None:
    throttle = Throttle()
    assert throttle.grown("gap", 0.0, 0.0) == 0
    assert throttle.grown("gap", 2.0, 1.0) == 2.0
    assert throttle.grown("gap", 5.0, 60.0) == 0
    assert throttle.grown("other", 5.0, 60.0) == 5.0
    assert throttle.grown("gap", 6.0, 61.0) == 4.0
    assert throttle.grown("gap", 6.0, 500.0) == 0


def test_a_line_says_what_was_recorded_and_what_was_lost() -> None:
    target = console()
    mics = {
        "nursery": MicStatus("recording", 12.3, 3_787.0, 127, 3 * 1024**2, 2.5, 30.0),
        "kitchen": MicStatus(),
    }
    target.print(status_table(mics, ["the disk is full"]))
    kitchen, nursery, fault = printed(target)
    assert "waiting for sound" in kitchen
    for part in ("recording", "12 s", "1:03:07 in 127 files, 3.0 MiB", "2.5 s never came", "30.0 s dropped"):
        assert part in nursery
    assert "the disk is full" in fault


def test_numbers_are_in_words() -> None:
    assert clock_time(59.9) == "0:00:59"
    assert size(5 * 1024**3) == "5.00 GiB"
    assert (count(1, "file"), count(0, "file"), count(2, "file")) == ("1 file", "0 files", "2 files")
