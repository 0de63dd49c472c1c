"""What stands between PortAudio's thread and the pipe: nothing is lost without being counted."""

from __future__ import annotations

from dataclasses import dataclass

from tears.recorder.capture_process import QUEUE_BLOCKS, Blocks
from tears.recorder.frames import RawBlock

BLOCK = bytes(400)  # 100 samples of one channel


@dataclass
class Status:
    input_overflow: bool = False


def put(blocks: Blocks, count: int, *, overflows: bool = False) -> None:
    for _ in range(count):
        blocks.put(memoryview(BLOCK), 100, None, Status(overflows))


def take(blocks: Blocks) -> list[RawBlock]:
    taken = []
    while (block := blocks.next()) is not None:
        taken.append(block)
    return taken


def test_blocks_come_out_as_they_went_in() -> None:
    blocks = Blocks(4, 1_000)
    put(blocks, 3)

    assert take(blocks) == [RawBlock(0, 0, BLOCK)] * 3


def test_what_does_not_fit_is_told_with_the_next_block_that_does() -> None:
    blocks = Blocks(4, 1_000)
    put(blocks, QUEUE_BLOCKS + 3)
    first = blocks.next()
    put(blocks, 2)

    rest = take(blocks)
    assert first == RawBlock(0, 0, BLOCK)
    assert [(block.lost_samples, block.overflows) for block in rest[-2:]] == [(0, 0), (300, 3)]


def test_an_overflow_of_unknown_length_is_a_gap_of_one_sample_at_least() -> None:
    blocks = Blocks(4, 1_000)
    put(blocks, 1)
    put(blocks, 1, overflows=True)

    before, after = take(blocks)
    assert (before.lost_samples, before.overflows) == (0, 0)
    assert (after.lost_samples, after.overflows) == (1, 1)
