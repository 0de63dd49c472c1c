"""What `tears replay` prints at its end."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from tears.cli.recordings import Recording
from tears.cli.replay import ReplayResult, print_summary
from tears.cli.transcript import RoomTranscript
from tears.kit.messages import Detection, Tombstone, TombstoneReason, WindowHeader

GAP = Tombstone(TombstoneReason.GAP, "48000 of 240000 samples are missing")
POISON = Tombstone(TombstoneReason.POISON)


def detection(index: int, tombstone: Tombstone | None = None) -> Detection:
    header = WindowHeader(
        mic="night",
        session="s",
        index=index,
        start_seconds=float(index),
        end_seconds=index + 5.0,
        captured_at_seconds=0.0,
    )
    return Detection(header=header, scores=() if tombstone else (("crying", 0.5),), tombstone=tombstone)


def summary(*detections: Detection) -> str:
    room = RoomTranscript({("s", one.header.index): one for one in detections})
    recording = Recording(path=Path("night.flac"), mic="night", duration_seconds=9.0)
    console = Console(record=True, width=120)
    print_summary(ReplayResult([recording], {"night": room}, 1.0, 0, []), console)
    return console.export_text()


def test_windows_without_scores_are_counted_by_why() -> None:
    text = summary(detection(0, GAP), detection(1, GAP), detection(2, POISON), detection(3))
    row = next(line for line in text.splitlines() if "night" in line)
    assert [cell.strip() for cell in row.split("│")[2:4]] == ["1", "3"]
    assert "night: windows without scores: 2 (gap: 48000 of 240000 samples are missing)" in text
    assert "night: windows without scores: 1 (poison)" in text


def test_where_every_window_has_scores_nothing_is_said_of_it() -> None:
    assert "without scores" not in summary(detection(0), detection(1))
