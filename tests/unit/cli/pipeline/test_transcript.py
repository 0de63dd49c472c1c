"""The detections that `tears replay` keeps until its end."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from support.redis.detections import header, night, scored

from tears.cli.errors import InputError
from tears.cli.output_files import write_outputs
from tears.cli.pipeline.transcript import DetectionTable, RoomTranscript
from tears.cli.result_files import result_files
from tears.kit.files import FilesTogether
from tears.kit.messages import Tombstone, TombstoneReason

NIGHT_SECONDS = 20_000


def test_the_memory_for_detections_does_not_grow_with_the_length_of_a_recording(tmp_path: Path) -> None:
    table = DetectionTable()
    tracemalloc.start()
    try:
        for index in range(NIGHT_SECONDS):
            one = scored(0.5, header(index))
            table.add(one, one.encode())
        with FilesTogether() as files:
            for path, pieces in result_files(tmp_path, "nursery", RoomTranscript("nursery", table), "crying").items():
                files.add_pieces(path, pieces())
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (tmp_path / "detections.jsonl").read_bytes().count(b"\n") == NIGHT_SECONDS
    assert most_bytes < 1_000_000


def test_detections_come_in_order_and_each_once_whatever_order_they_were_published_in() -> None:
    table = DetectionTable()
    first, second, third = night([0.1, 0.2, None])
    again = replace(second, scores=(("noise", 0.1), ("crying", 0.9)))
    other = scored(0.3, header(0, mic="kitchen"))
    for one in (third, second, first, other, again):
        table.add(one, one.encode())
    room = RoomTranscript("nursery", table)

    assert [one.score_of("crying") for one in room.scored()] == pytest.approx([0.1, 0.9])
    assert (room.scored_count(), room.lost()) == (2, {"gap": 1})
    poison = replace(third, tombstone=Tombstone(TombstoneReason.POISON, "begun 5 times"))
    table.add(poison, poison.encode())
    assert room.lost() == {"poison": 1}
    assert RoomTranscript("attic", table).lost() == {}


def test_a_model_without_the_label_is_an_error_when_the_results_are_written(tmp_path: Path) -> None:
    table = DetectionTable()
    one = scored(0.5, header(0))
    table.add(one, one.encode())
    files = result_files(tmp_path, "nursery", RoomTranscript("nursery", table), "wailing")

    with pytest.raises(InputError, match="no label wailing, only noise, crying"):
        write_outputs(files)

    assert list(tmp_path.iterdir()) == []
