"""What the capturing process says comes through the pipe as it was, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.recorder.capture.child_process.frames import ABSENT, Fault, FrameReader, RawBlock, SoundFormat
from tears.recorder.errors import CaptureError

SAID: list[SoundFormat | RawBlock | Fault] = [
    SoundFormat("USB: Mikrofon für alle", 48_000, 2, "there are 2 microphones"),
    RawBlock(0, 0, b"\x01\x02\x03\x04" * 100),
    RawBlock(4_800, 1, b""),
    Fault(ABSENT, "no microphone is called 'x'"),
]


@given(cuts=st.lists(st.integers(1, 200), min_size=1))
def test_frames_come_out_as_they_went_in_however_they_are_cut(cuts: list[int]) -> None:
    sent = b"".join(frame.frame() for frame in SAID)
    reader = FrameReader()
    received: list[SoundFormat | RawBlock | Fault] = []
    for cut in cuts:
        received += reader.feed(sent[:cut])
        sent = sent[cut:]
    received += reader.feed(sent)

    assert received == SAID


def test_other_bytes_are_an_error() -> None:
    with pytest.raises(CaptureError, match="no frame but b'ALSA lib'"):
        list(FrameReader().feed(b"ALSA lib"))


def test_a_length_beyond_all_sense_is_an_error() -> None:
    with pytest.raises(CaptureError, match="no frame"):
        list(FrameReader().feed(b"B\xff\xff\xff\xff"))
