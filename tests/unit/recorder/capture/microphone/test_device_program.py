"""The queue between PortAudio's thread and the pipe counts everything that it loses."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from tears.kit.clock import ManualClock
from tears.recorder.capture.child_process.frames import RawBlock
from tears.recorder.capture.microphone import device_program
from tears.recorder.capture.microphone.device_program import QUEUE_BLOCKS, BlockQueue, first_that_opens
from tears.recorder.capture.microphone.portaudio import CaptureDevice

BLOCK = bytes(400)  # 100 samples of one channel


@dataclass
class Status:
    input_overflow: bool = False


def put(blocks: BlockQueue, count: int, *, overflows: bool = False) -> None:
    for _ in range(count):
        blocks.put(memoryview(BLOCK), 100, None, Status(overflows))


def take_all(blocks: BlockQueue) -> list[RawBlock]:
    taken = []
    while (block := blocks.next()) is not None:
        taken.append(block)
    return taken


def test_blocks_come_out_unchanged() -> None:
    blocks = BlockQueue(4, 1_000)
    put(blocks, 3)

    assert take_all(blocks) == [RawBlock(0, 0, BLOCK)] * 3


def test_blocks_that_do_not_fit_are_counted_in_the_next_block_that_fits() -> None:
    blocks = BlockQueue(4, 1_000)
    put(blocks, QUEUE_BLOCKS + 3)
    first = blocks.next()
    put(blocks, 2)

    rest = take_all(blocks)
    assert first == RawBlock(0, 0, BLOCK)
    assert [(block.lost_samples, block.overflows) for block in rest[-2:]] == [(0, 0), (300, 3)]


def test_an_overflow_after_blocks_that_did_not_fit_counts_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    monkeypatch.setattr(device_program, "time", SimpleNamespace(monotonic=clock.monotonic_seconds))
    blocks = BlockQueue(2, 1_000)

    def put_in_time(count: int, *, overflows: bool = False) -> None:
        for _ in range(count):
            clock.advance(0.1)
            put(blocks, 1, overflows=overflows)

    put_in_time(QUEUE_BLOCKS + 30)
    lost = [block.lost_samples for _ in range(QUEUE_BLOCKS) if (block := blocks.next())]
    put_in_time(1, overflows=True)
    last = blocks.next()
    assert last is not None
    # 3 s did not fit. PortAudio does not say how much it lost, and there was no time for more than that.
    assert (sum(lost), last.lost_samples) == (0, 3_000 + 1)


def test_an_overflow_of_unknown_length_is_a_gap_of_at_least_one_sample() -> None:
    blocks = BlockQueue(4, 1_000)
    put(blocks, 1)
    put(blocks, 1, overflows=True)

    before, after = take_all(blocks)
    assert (before.lost_samples, before.overflows) == (0, 0)
    assert (after.lost_samples, after.overflows) == (1, 1)


class RefusedError(Exception):
    pass


def test_a_default_that_cannot_record_is_passed_over_and_the_last_refusal_is_told() -> None:
    def check(index: int, *_: object, **__: object) -> None:
        if index == 0:
            raise RefusedError("Invalid number of channels")

    portaudio = SimpleNamespace(PortAudioError=RefusedError, check_input_settings=check)
    hdmi, usb = CaptureDevice(0, "default", 32, 44_100, is_card=False), CaptureDevice(1, "USB", 1, 44_100, is_card=True)

    assert first_that_opens(portaudio, [hdmi, usb], 2, None) == (usb, 1, 48_000)
    with pytest.raises(RefusedError):
        first_that_opens(portaudio, [hdmi], 2, None)
