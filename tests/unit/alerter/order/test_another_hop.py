import pytest
from support.alerter.ordering import LATENESS_SECONDS, brief, end_of, push, push_all, restarted, window

from tears.alerter.order.window_order import DetectionOutcome, WindowOrder


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize(("hop_seconds", "first"), [(2.0, 101), (0.5, 401), (0.1, 2001), (5.0, 41), (0.3, 667)])
def test_a_session_continues_at_another_hop(hop_seconds: float, first: int, *, is_restarted: bool) -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(k) for k in range(201)])
    if is_restarted:
        order = restarted(order, {})
    detections = [window(first + k, hop_seconds=hop_seconds) for k in range(3)]
    assert brief(push_all(order, detections)) == [f"s1/{first + k}" for k in range(3)]
    assert push(order, detections[1]) == (DetectionOutcome.DUPLICATE, [])
    assert brief(push_all(order, [end_of("s1", first + 3)])) == ["s1."]


def test_at_another_hop_held_detections_go_on_and_gaps_are_counted_by_the_new_numbering() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [*(window(k) for k in range(11)), window(12)])
    assert brief(push_all(order, [window(8, hop_seconds=2.0)])) == ["s1/12+1"]
    assert push(order, window(11))[0] is DetectionOutcome.LATE
    assert brief(push_all(order, [window(7, hop_seconds=2.0)])) == ["s1/7", "s1/8"]


def test_at_another_hop_held_detections_go_on_even_if_they_end_later_than_the_new_one() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [*(window(k) for k in range(11)), window(16)])
    assert push(order, window(6, hop_seconds=2.0)) == (DetectionOutcome.LATE, ["s1/16+5"])
    assert brief(push_all(order, [window(8, hop_seconds=2.0), window(9, hop_seconds=2.0)])) == ["s1/9"]


def test_a_session_that_ends_by_the_renumbering_leaves_the_next_one_alone() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [*(window(k) for k in range(11)), window(12), end_of("s1", 13)])
    assert push(order, window(9, hop_seconds=2.0)) == (DetectionOutcome.STALE, ["s1/12+1", "s1."])
    assert brief(push_all(order, [window(0, "s2"), window(1, "s2")])) == ["s2/0", "s2/1"]
