from __future__ import annotations

from dataclasses import replace

import pytest

from tears.alerter.errors import ImpossibleDetectionError
from tears.alerter.order.received_detection import NO_CRY_LABEL, read_arrival
from tears.kit.errors import MessageError
from tears.kit.messages import Detection, Tombstone, TombstoneReason, WindowHeader

HEADER = WindowHeader(
    mic="nursery",
    session="s1",
    index=7,
    start_seconds=7.0,
    end_seconds=12.0,
    captured_at_seconds=1_700_000_000.5,
    level_dbfs=-42.0,
)


def test_the_score_is_that_of_the_cry_label() -> None:
    body = Detection(header=HEADER, scores=(("noise", 0.25), ("crying", 0.75)), model="cry", model_version=1).encode()
    incoming = read_arrival(body, "crying")
    heard = incoming.arrival.heard
    assert (incoming.mic, incoming.arrival.session, heard.index, heard.end_seconds) == ("nursery", "s1", 7, 12.0)
    assert (heard.score, heard.level_dbfs, heard.captured_at_seconds) == (0.75, -42.0, 1_700_000_000.5)
    assert incoming.labels == ()
    assert read_arrival(body, "noise").arrival.heard.score == 0.25


def test_a_model_without_the_label_has_no_score_and_its_labels_are_told() -> None:
    body = Detection(header=HEADER, scores=(("noise", 0.25), ("cry", 0.75)), model="cry", model_version=1).encode()
    incoming = read_arrival(body, "crying")
    assert (incoming.arrival.heard.score, incoming.arrival.heard.reason) == (None, NO_CRY_LABEL)
    assert incoming.labels == ("noise", "cry")


@pytest.mark.parametrize("reason", list(TombstoneReason))
def test_a_tombstone_has_its_reason_and_only_one_ends_the_session(reason: TombstoneReason) -> None:
    incoming = read_arrival(Detection(header=HEADER, tombstone=Tombstone(reason)).encode(), "crying")
    assert (incoming.arrival.heard.score, incoming.arrival.heard.reason) == (None, reason.name.lower())
    assert incoming.arrival.ends is (reason is TombstoneReason.END_OF_SESSION)


@pytest.mark.parametrize("body", [b"", b"\xff\xff", b"garbage", Detection(header=HEADER).encode()[:-1]])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(MessageError):
        read_arrival(body, "crying")


@pytest.mark.parametrize("header", [replace(HEADER, end_seconds=-1.0), replace(HEADER, index=2**60)])
def test_numbers_that_no_window_can_have_are_refused(header: WindowHeader) -> None:
    with pytest.raises(ImpossibleDetectionError, match="nursery/s1"):
        read_arrival(Detection(header=header, scores=(("crying", 0.5),)).encode(), "crying")
