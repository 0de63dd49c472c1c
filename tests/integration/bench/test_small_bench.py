"""Run the parts of the benchmark of the pipeline for a moment, so that they do not rot. No figure is judged here."""

from pathlib import Path

from rich.console import Console

from bench.floor import beside_sox
from bench.floor.floor_parts import STAGE_PARTS, floor_ms, stage_floors_ms
from bench.pipeline.load import RoomsBook, rooms_table
from bench.pipeline.source_tree import this_checkout
from bench.pipeline.starts import measure_starts


def test_a_room_is_fed_for_three_seconds_and_each_stage_has_a_cost() -> None:
    book = RoomsBook(this_checkout(), 3, Console(quiet=True))
    run = book.run(1, 1)
    assert book.run(1, 1) is run
    assert run.done_share == 1
    assert set(run.cost_ms) == set(run.pss_mib) == set(run.start_seconds) == set(STAGE_PARTS)
    assert min(*run.cost_ms.values(), *run.pss_mib.values(), run.feeder_ms, run.redis_mib, run.delays[0]) > 0
    assert len(rooms_table("now", book.runs(), {}).rows) == 1


def test_each_process_is_started_and_has_a_memory() -> None:
    (start,) = measure_starts(this_checkout(), 1, Console(quiet=True), heard_seconds=1.0)
    assert set(start.seconds) == set(start.pss_mib) == {*STAGE_PARTS, "recorder", "journal"}
    assert min(*start.seconds.values(), *start.pss_mib.values()) > 0


def test_each_stage_has_a_floor() -> None:
    floors = stage_floors_ms(floor_ms(this_checkout().newest_model, repeats=2))
    assert set(floors) == set(STAGE_PARTS)
    assert min(floors.values()) > 0


def test_the_arithmetic_gives_what_sox_gives(tmp_path: Path) -> None:
    clip, long_file = beside_sox.measure(tmp_path, Console(quiet=True))
    assert clip.value > 0
    assert long_file.value > 0
