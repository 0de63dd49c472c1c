from dataclasses import replace

import pytest

from tears.alerter.errors import ImpossibleDetectionError
from tears.alerter.order.received_detection import NO_CRY_LABEL, ReceivedDetection, read_detection
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
    assert read_detection(body, "crying", 3.0) == ReceivedDetection(
        mic="nursery",
        session="s1",
        index=7,
        end_seconds=12.0,
        captured_at_seconds=1_700_000_000.5,
        level_dbfs=-42.0,
        score=0.75,
        reason="",
        ends_session=False,
        other_labels=(),
        arrived_at_seconds=3.0,
    )
    assert read_detection(body, "noise", 3.0).score == 0.25


def test_without_the_cry_label_there_is_no_score_and_the_labels_are_kept() -> None:
    body = Detection(header=HEADER, scores=(("noise", 0.25), ("cry", 0.75)), model="cry", model_version=1).encode()
    detection = read_detection(body, "crying", 0.0)
    assert (detection.score, detection.reason) == (None, NO_CRY_LABEL)
    assert detection.other_labels == ("noise", "cry")


@pytest.mark.parametrize("reason", list(TombstoneReason))
def test_a_tombstone_keeps_its_reason_and_only_one_reason_ends_the_session(reason: TombstoneReason) -> None:
    detection = read_detection(Detection(header=HEADER, tombstone=Tombstone(reason)).encode(), "crying", 0.0)
    assert (detection.score, detection.reason) == (None, reason.name.lower())
    assert detection.ends_session is (reason is TombstoneReason.END_OF_SESSION)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xff", b"garbage", Detection(header=HEADER, scores=(("crying", 0.5),)).encode()[:-1]]
)
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(MessageError):
        read_detection(body, "crying", 0.0)


@pytest.mark.parametrize("header", [replace(HEADER, end_seconds=-1.0), replace(HEADER, index=2**60)])
def test_numbers_that_no_window_can_have_are_refused(header: WindowHeader) -> None:
    with pytest.raises(ImpossibleDetectionError, match="nursery/s1"):
        read_detection(Detection(header=header, scores=(("crying", 0.5),)).encode(), "crying", 0.0)


def test_the_hop_follows_from_a_window_s_index_and_end() -> None:
    body = Detection(header=replace(HEADER, index=14), scores=(("crying", 0.5),)).encode()
    assert read_detection(body, "crying", 0.0).hop_seconds == 0.5
