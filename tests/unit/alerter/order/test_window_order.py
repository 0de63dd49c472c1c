import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alerter.ordering import LATENESS_SECONDS, brief, end_of, push, push_all, restarted, window

from tears.alerter.order import window_order
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.order.window_order import DetectionOutcome, OrderedStep, SessionEnded, WindowOrder


def test_detections_without_a_gap_go_on_at_once() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    assert [brief(push_all(order, [window(k)])) for k in range(3)] == [["s1/0"], ["s1/1"], ["s1/2"]]


def test_detections_behind_a_gap_go_on_when_the_gap_is_filled() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    assert brief(push_all(order, [window(0), window(2), window(3)])) == ["s1/0"]
    assert order.held.count == 2
    assert brief(push_all(order, [window(1)])) == ["s1/1", "s1/2", "s1/3"]
    assert order.held.count == 0


def test_a_gap_is_given_up_when_its_time_has_passed_and_not_before() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    push_all(order, [window(3)], now=10.0)
    push_all(order, [window(4)], now=50.0)
    assert order.give_up_overdue(54.9) == []
    assert brief(order.give_up_overdue(55.0)) == ["s1/3+2", "s1/4"]
    assert order.give_up_overdue(1e9) == []


def test_each_gap_is_waited_for_from_the_first_detection_behind_it() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    for k in range(2, 40, 2):
        push_all(order, [window(k)], now=float(k))
    assert brief(order.give_up_overdue(2.0 + LATENESS_SECONDS)) == ["s1/2+1"]
    assert brief(order.give_up_overdue(4.0 + LATENESS_SECONDS)) == ["s1/4+1"]


def test_a_gap_is_waited_for_from_the_first_arrival_whatever_its_index() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(9)])
    push_all(order, [window(2)], now=40.0)
    assert order.give_up_overdue(44.9) == []
    assert brief(order.give_up_overdue(45.0)) == ["s1/2+1", "s1/9+6"]


def test_with_infinite_lateness_a_gap_is_waited_for_forever() -> None:
    order = WindowOrder(math.inf, 0.0)
    push_all(order, [window(0), window(2), end_of("s1", 3), window(0, "s2")])
    assert order.give_up_overdue(1e12) == []
    assert brief(push_all(order, [window(1)], now=1e12)) == ["s1/1", "s1/2", "s1.", "s2/0"]


def test_duplicates_and_late_detections_are_distinguished_and_dropped() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(3)])
    order.give_up_overdue(LATENESS_SECONDS)
    outcomes = [push(order, window(k), 50.0)[0] for k in (0, 1, 2, 3, 4, 4, 6, 6)]
    assert outcomes == [
        DetectionOutcome.DUPLICATE,
        DetectionOutcome.LATE,
        DetectionOutcome.LATE,
        DetectionOutcome.DUPLICATE,
        DetectionOutcome.TAKEN,
        DetectionOutcome.DUPLICATE,
        DetectionOutcome.TAKEN,
        DetectionOutcome.DUPLICATE,
    ]


def test_gaps_of_one_session_are_forgotten_in_the_next() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(3)])
    order.give_up_overdue(LATENESS_SECONDS)
    push_all(order, [end_of("s1", 4), window(0, "s2"), window(1, "s2")])
    assert push(order, window(1, "s2"), 50.0)[0] is DetectionOutcome.DUPLICATE


def test_a_session_ends_after_its_last_window_even_if_its_end_was_announced_first() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    assert brief(push_all(order, [end_of("s1", 2), window(1), window(0)])) == ["s1/0", "s1/1", "s1."]


def test_a_session_may_have_no_window_at_all() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    assert brief(push_all(order, [end_of("s1", 0)])) == ["s1."]


def test_windows_missing_at_the_end_of_a_session_are_given_up_too() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    push_all(order, [end_of("s1", 3)], now=100.0)
    assert order.give_up_overdue(144.0) == []
    assert brief(order.give_up_overdue(145.0)) == ["s1.+2"]


def test_windows_beyond_the_announced_end_are_dropped_and_counted() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    steps = push_all(order, [window(7), window(8), window(0), end_of("s1", 1)])
    assert brief(steps) == ["s1/0", "s1."]
    assert isinstance(steps[-1], SessionEnded)
    assert (steps[-1].surplus, order.held.count) == (2, 0)


def test_a_new_session_waits_for_the_end_of_the_old_one() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    assert brief(push_all(order, [window(0), window(2), window(0, "s2"), window(1, "s2")])) == ["s1/0"]
    assert brief(push_all(order, [end_of("s1", 3), window(1)])) == ["s1/1", "s1/2", "s1.", "s2/0", "s2/1"]


def test_a_session_that_broke_off_without_a_gap_is_over_soon_after_the_next_began() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    push_all(order, [window(0, "s2")], now=100.0)
    assert order.give_up_overdue(104.9) == []
    assert brief(order.give_up_overdue(105.0)) == ["s1?", "s2/0"]


def test_a_session_that_the_registry_has_left_for_the_next_one_is_over_after_a_second() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)], now=98.0)
    order.sessions.registered = "s2"
    push_all(order, [window(0, "s2")], now=100.0)
    assert order.give_up_overdue(100.9) == []
    assert brief(order.give_up_overdue(101.0)) == ["s1?", "s2/0"]


@pytest.mark.parametrize("registered", ["", "s1", "s9"])
def test_a_registry_that_does_not_name_the_next_session_shortens_no_wait(registered: str) -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)], now=98.0)
    order.sessions.registered = registered
    push_all(order, [window(0, "s2")], now=100.0)
    assert order.give_up_overdue(107.9) == []
    assert brief(order.give_up_overdue(108.0)) == ["s1?", "s2/0"]


@pytest.mark.parametrize("hop_seconds", [0.1, 1.0, 5.0])
def test_a_session_that_continues_is_not_over_when_an_older_session_arrives_late(
    hop_seconds: float,
) -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0, "s2"), window(0, "s1")])
    for k in range(1, 40):
        assert order.give_up_overdue(k * hop_seconds) == []
        assert brief(push_all(order, [window(k, "s2")], now=k * hop_seconds)) == [f"s2/{k}"]
    passed_seconds = 39 * hop_seconds
    assert order.sessions.newest == ("s2" if passed_seconds >= 10.0 else "s1")
    push_all(order, [window(0, "s3")], now=passed_seconds + 1.0)
    assert order.sessions.newest == "s3"
    assert order.give_up_overdue(passed_seconds + 9.9) == []
    assert brief(order.give_up_overdue(passed_seconds + 10.0)) == ["s2?", "s1/0", "s1?", "s3/0"]


def test_a_session_behind_a_long_backlog_of_the_one_before_it_is_not_lost() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(0, "s2")])
    push_all(order, [window(k) for k in range(1, 50)], now=40.0)
    push_all(order, [window(1, "s2")], now=41.0)
    assert order.sessions.newest == "s2"
    assert brief(order.give_up_overdue(50.0)) == ["s1?", "s2/0", "s2/1"]


def test_a_session_that_broke_off_with_a_gap_is_waited_for_as_long_as_any_gap() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(2)], now=100.0)
    push_all(order, [window(0, "s2")], now=101.0)
    assert order.give_up_overdue(144.9) == []
    assert brief(order.give_up_overdue(145.0)) == ["s1/2+1", "s1?", "s2/0"]


def test_detections_of_an_ended_session_are_stale() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), end_of("s1", 1)])
    assert [push(order, one) for one in (window(0), window(1), end_of("s1", 1))] == [(DetectionOutcome.STALE, [])] * 3


def test_restarted_waits_ignore_the_time_in_which_nothing_could_be_read() -> None:
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(2), window(0, "s2"), end_of("s2", 2)])
    order.restart_waits(100.0)
    assert order.give_up_overdue(144.9) == []
    assert brief(order.give_up_overdue(145.0)) == ["s1/2+1", "s1?", "s2/0", "s2.+1"]


def test_a_full_order_gives_up_its_oldest_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window_order, "MOST_HELD_DETECTIONS", 10)
    order = WindowOrder(math.inf, 0.0)
    push_all(order, [window(0)])
    assert push_all(order, [window(k) for k in range(2, 12)]) == []
    assert brief(push_all(order, [window(13)])) == ["s1/2+1"] + [f"s1/{k}" for k in range(3, 12)]
    assert order.held.count == 1


def test_a_full_order_ends_the_session_that_the_others_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window_order, "MOST_HELD_DETECTIONS", 3)
    order = WindowOrder(math.inf, 0.0)
    push_all(order, [window(0)])
    assert brief(push_all(order, [window(k, "s2") for k in range(4)])) == ["s1?", "s2/0", "s2/1", "s2/2", "s2/3"]


def test_the_number_of_waiting_sessions_is_bounded() -> None:
    order = WindowOrder(math.inf, 0.0)
    steps = push_all(order, [window(0, f"s{k}") for k in range(window_order.MOST_WAITING_SESSIONS + 1)])
    assert brief(steps) == ["s0/0", "s0?", "s1/0"]


def shuffled_within(seed: int, count: int, reach: int) -> list[int]:
    """Return a permutation in which nothing is further from its place than `reach`."""
    generator = random.Random(seed)
    return sorted(range(count), key=lambda k: k + generator.uniform(0, reach))


@given(seed=st.integers(0, 2**32), count=st.integers(0, 120), reach=st.integers(0, 200), repeats=st.integers(0, 20))
def test_the_result_does_not_depend_on_the_order_of_arrival(seed: int, count: int, reach: int, repeats: int) -> None:
    detections = [window(k) for k in range(count)] + [end_of("s1", count)]
    in_order_of_arrival = [detections[k] for k in shuffled_within(seed, count + 1, reach)]
    generator = random.Random(seed)
    for _ in range(repeats):
        in_order_of_arrival.insert(generator.randrange(len(in_order_of_arrival) + 1), generator.choice(detections))
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    assert brief(push_all(order, in_order_of_arrival)) == [f"s1/{k}" for k in range(count)] + ["s1."]


@given(seed=st.integers(0, 2**32), lost=st.sets(st.integers(0, 59), max_size=20), reach=st.integers(0, 30))
def test_after_losses_the_rest_goes_on_in_order_when_its_time_has_passed(seed: int, lost: set[int], reach: int) -> None:
    detections = [window(k) for k in range(60)] + [end_of("s1", 60)]
    in_order_of_arrival = [detections[k] for k in shuffled_within(seed, 61, reach) if k not in lost]
    order = WindowOrder(LATENESS_SECONDS, 0.0)
    steps = push_all(order, in_order_of_arrival) + order.give_up_overdue(LATENESS_SECONDS)
    indexes = [step.index for step in steps if isinstance(step, ReceivedDetection)]
    assert indexes == sorted(set(range(60)) - lost)
    missing = [one.missing if isinstance(one, SessionEnded) else one.missing_before for one in steps]
    assert sum(missing) == len(lost)
    assert isinstance(steps[-1], SessionEnded)


@given(
    seed=st.integers(0, 2**32),
    cuts=st.lists(st.integers(0, 130), max_size=10),
    lost=st.sets(st.integers(0, 59), max_size=5),
)
def test_a_restart_at_any_moment_loses_and_repeats_nothing(seed: int, cuts: Sequence[int], lost: set[int]) -> None:
    first = [window(k) for k in range(60)]
    second = [window(k, "s2") for k in range(60)] + [end_of("s2", 60)]
    detections = [*first, *second]
    in_order_of_arrival = [detections[k] for k in shuffled_within(seed, len(detections), 20) if k not in lost]
    plain = WindowOrder(LATENESS_SECONDS, 0.0)
    expected = push_all(plain, in_order_of_arrival)
    expected += plain.give_up_overdue(LATENESS_SECONDS) + plain.give_up_overdue(3 * LATENESS_SECONDS)
    order, steps = WindowOrder(LATENESS_SECONDS, 0.0), list[OrderedStep]()
    held: dict[tuple[str, int], ReceivedDetection] = {}
    for k, detection in enumerate(in_order_of_arrival):
        if k in cuts:
            order = restarted(order, held)
        steps += push_all(order, [detection])
    order = restarted(order, held)
    steps += order.give_up_overdue(LATENESS_SECONDS) + order.give_up_overdue(3 * LATENESS_SECONDS)
    assert brief(steps) == brief(expected)
    restarted(order, held)
    assert held == {}
