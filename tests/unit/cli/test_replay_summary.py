"""The lines that `tears replay` prints at the end."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from support.redis.detections import QUIET, night

from tears.cli.pipeline.room_recordings import RoomRecording
from tears.cli.pipeline.transcript import DetectionTable, RoomTranscript
from tears.cli.replay import ReplayResult, print_summary
from tears.kit.messages import Detection, Tombstone, TombstoneReason


def summary(*detections: Detection) -> str:
    table = DetectionTable()
    for one in detections:
        table.add(one, one.encode())
    room = RoomTranscript("nursery", table)
    recording = RoomRecording(path=Path("night.flac"), mic="night", duration_seconds=9.0)
    console = Console(record=True, width=120)
    print_summary(ReplayResult([recording], {"night": room}, 1.0, 0, []), console)
    return console.export_text()


def test_windows_without_scores_are_counted_by_reason() -> None:
    *others, last = night([None, None, QUIET, None])
    poison = replace(last, tombstone=Tombstone(TombstoneReason.POISON, "begun 5 times"))
    text = summary(*others, poison)
    row = next(line for line in text.splitlines() if "night" in line)
    assert [cell.strip() for cell in row.split("│")[2:4]] == ["1", "3"]
    assert "night: parts that could not be checked for crying: 2 (gap), 1 (poison)" in text


def test_without_lost_windows_no_such_line_is_printed() -> None:
    assert "could not be checked" not in summary(*night([QUIET, QUIET]))
