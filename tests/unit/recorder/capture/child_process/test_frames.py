"""Frames come through the pipe unchanged, in pieces of any length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.recorder.capture.child_process.frames import Fault, Frame, FrameReader, RawBlock, SoundFormat, encode_frame
from tears.recorder.errors import CaptureError, DeviceAbsentError, SourceError

FRAMES: list[Frame] = [
    SoundFormat("USB: Mikrofon für alle", 48_000, 2, "there are 2 microphones"),
    RawBlock(0, 0, b"\x01\x02\x03\x04" * 100),
    RawBlock(4_800, 1, b""),
    Fault.of(DeviceAbsentError("no microphone is called 'x'")),
]


@given(cuts=st.lists(st.integers(1, 200), min_size=1))
def test_frames_come_out_unchanged_from_pieces_of_any_length(cuts: list[int]) -> None:
    sent = b"".join(encode_frame(frame) for frame in FRAMES)
    reader = FrameReader()
    received: list[Frame] = []
    for cut in cuts:
        received += reader.feed(sent[:cut])
        sent = sent[cut:]
    received += reader.feed(sent)

    assert received == FRAMES


@pytest.mark.parametrize("error_class", [DeviceAbsentError, CaptureError, SourceError])
def test_a_fault_carries_an_error_with_its_class_and_its_reason(
    error_class: type[CaptureError | SourceError],
) -> None:
    (fault,) = FrameReader().feed(encode_frame(Fault.of(error_class("no sound"))))

    assert isinstance(fault, Fault)
    assert type(fault.error()) is error_class
    assert str(fault.error()) == "no sound"


def test_bytes_that_are_not_a_frame_are_an_error() -> None:
    with pytest.raises(CaptureError, match="no frame but b'ALSA lib'"):
        list(FrameReader().feed(b"ALSA lib"))


def test_a_length_that_no_frame_has_is_an_error() -> None:
    with pytest.raises(CaptureError, match="no frame"):
        list(FrameReader().feed(b"B\xff\xff\xff\xff"))
