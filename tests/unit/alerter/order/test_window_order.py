from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.alerter.order import window_order as order_module
from tears.alerter.order.window_order import Arrival, Ended, Fate, Heard, Next, Order, Position

LATENESS_SECONDS = 45.0


def heard(index: int) -> Heard:
    return Heard(index, 5.0 + index, 0.0, -30.0, 0.5)


def window(index: int, session: str = "s1") -> Arrival:
    return Arrival(session, heard(index))


def end_of(session: str, windows: int) -> Arrival:
    return Arrival(session, heard(windows), ends=True)


def push_all(order: Order, arrivals: Iterable[Arrival], now: float = 0.0) -> list[Next | Ended]:
    return [step for arrival in arrivals for step in order.push(arrival, now)[1]]


def said(steps: Iterable[Next | Ended]) -> list[str]:
    """Steps in brief: `s1/3`, `s1/3+2` after two missing ones, `s1.` at the end, `s1?` if it never said so."""
    return [
        f"{step.session}/{step.heard.index}" + (f"+{step.missing}" if step.missing else "")
        if isinstance(step, Next)
        else f"{step.session}{'.' if step.complete else '?'}" + (f"+{step.missing}" if step.missing else "")
        for step in steps
    ]


def restarted(order: Order, held: dict[tuple[str, int], Heard], now: float = 0.0) -> Order:
    """The order as a new process finds it; `held` plays the table."""
    unsaved, released = order.changes()
    for key in released:
        del held[key]
    held.update(unsaved)
    position = msgspec.json.decode(msgspec.json.encode(order.position()), type=Position)
    return Order(LATENESS_SECONDS, now, position, [(session, one) for (session, _), one in held.items()])


def test_contiguous_detections_go_on_at_once() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    assert [said(push_all(order, [window(k)])) for k in range(3)] == [["s1/0"], ["s1/1"], ["s1/2"]]


def test_what_comes_behind_a_hole_goes_on_once_the_hole_is_filled() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    assert said(push_all(order, [window(0), window(2), window(3)])) == ["s1/0"]
    assert order.held_count == 2
    assert said(push_all(order, [window(1)])) == ["s1/1", "s1/2", "s1/3"]
    assert order.held_count == 0


def test_a_hole_is_given_up_when_its_time_has_passed_and_not_before() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    push_all(order, [window(3)], now=10.0)
    push_all(order, [window(4)], now=50.0)
    assert order.due(54.9) == []
    assert said(order.due(55.0)) == ["s1/3+2", "s1/4"]
    assert order.due(1e9) == []


def test_each_hole_waits_from_when_something_came_behind_it() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    for k in range(2, 40, 2):
        push_all(order, [window(k)], now=float(k))
    assert said(order.due(2.0 + LATENESS_SECONDS)) == ["s1/2+1"]
    assert said(order.due(4.0 + LATENESS_SECONDS)) == ["s1/4+1"]


def test_a_hole_waits_from_the_first_that_came_behind_it_wherever_that_lies() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(9)])
    push_all(order, [window(2)], now=40.0)
    assert order.due(44.9) == []
    assert said(order.due(45.0)) == ["s1/2+1", "s1/9+6"]


def test_without_end_a_hole_is_waited_for() -> None:
    order = Order(math.inf, 0.0)
    push_all(order, [window(0), window(2), end_of("s1", 3), window(0, "s2")])
    assert order.due(1e12) == []
    assert said(push_all(order, [window(1)], now=1e12)) == ["s1/1", "s1/2", "s1.", "s2/0"]


def test_duplicates_and_late_ones_are_told_apart_and_dropped() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(3)])
    order.due(LATENESS_SECONDS)
    fates = [order.push(window(k), 50.0)[0] for k in (0, 1, 2, 3, 4, 4, 6, 6)]
    assert fates == [
        Fate.DUPLICATE,
        Fate.LATE,
        Fate.LATE,
        Fate.DUPLICATE,
        Fate.TAKEN,
        Fate.DUPLICATE,
        Fate.TAKEN,
        Fate.DUPLICATE,
    ]


def test_the_holes_of_one_session_are_none_of_the_next() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(3)])
    order.due(LATENESS_SECONDS)
    push_all(order, [end_of("s1", 4), window(0, "s2"), window(1, "s2")])
    assert order.push(window(1, "s2"), 50.0)[0] is Fate.DUPLICATE


def test_a_session_ends_when_all_its_windows_have_gone_on_whenever_it_says_so() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    assert said(push_all(order, [end_of("s1", 2), window(1), window(0)])) == ["s1/0", "s1/1", "s1."]


def test_a_session_may_have_no_window_at_all() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    assert said(push_all(order, [end_of("s1", 0)])) == ["s1."]


def test_windows_missing_at_the_end_are_given_up_too() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    push_all(order, [end_of("s1", 3)], now=100.0)
    assert order.due(144.0) == []
    assert said(order.due(145.0)) == ["s1.+2"]


def test_windows_beyond_the_end_are_dropped_and_counted() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    steps = push_all(order, [window(7), window(8), window(0), end_of("s1", 1)])
    assert said(steps) == ["s1/0", "s1."]
    assert isinstance(steps[-1], Ended)
    assert (steps[-1].surplus, order.held_count) == (2, 0)


def test_a_new_session_waits_for_the_end_of_the_old_one() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    assert said(push_all(order, [window(0), window(2), window(0, "s2"), window(1, "s2")])) == ["s1/0"]
    assert said(push_all(order, [end_of("s1", 3), window(1)])) == ["s1/1", "s1/2", "s1.", "s2/0", "s2/1"]


def test_a_session_that_broke_off_without_a_hole_is_over_soon_after_the_next_began() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0)])
    push_all(order, [window(0, "s2")], now=100.0)
    assert order.due(104.9) == []
    assert said(order.due(105.0)) == ["s1?", "s2/0"]


@pytest.mark.parametrize("hop_seconds", [0.1, 1.0, 5.0])
def test_a_session_that_goes_on_is_not_over_though_an_older_one_s_first_word_came_after_its_own(
    hop_seconds: float,
) -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0, "s2"), window(0, "s1")])
    for k in range(1, 40):
        assert order.due(k * hop_seconds) == []
        assert said(push_all(order, [window(k, "s2")], now=k * hop_seconds)) == [f"s2/{k}"]
    heard_seconds = 39 * hop_seconds
    assert order.newest_session == ("s2" if heard_seconds >= 10.0 else "s1")
    push_all(order, [window(0, "s3")], now=heard_seconds + 1.0)
    assert order.newest_session == "s3"
    assert order.due(heard_seconds + 9.9) == []
    assert said(order.due(heard_seconds + 10.0)) == ["s2?", "s1/0", "s1?", "s3/0"]


def test_a_session_that_waits_behind_a_long_backlog_of_the_one_before_it_is_not_lost() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(0, "s2")])
    push_all(order, [window(k) for k in range(1, 50)], now=40.0)
    push_all(order, [window(1, "s2")], now=41.0)
    assert order.newest_session == "s2"
    assert said(order.due(50.0)) == ["s1?", "s2/0", "s2/1"]


def test_a_session_that_broke_off_with_a_hole_is_waited_for_as_long_as_any_hole() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(2)], now=100.0)
    push_all(order, [window(0, "s2")], now=101.0)
    assert order.due(144.9) == []
    assert said(order.due(145.0)) == ["s1/2+1", "s1?", "s2/0"]


def hopped(index: int, hop_seconds: float) -> Arrival:
    return Arrival("s1", Heard(index, 5.0 + index * hop_seconds, 0.0, -30.0, 0.5))


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize(("hop_seconds", "first"), [(2.0, 101), (0.5, 401), (0.1, 2001), (5.0, 41), (0.3, 667)])
def test_a_session_goes_on_at_another_hop(hop_seconds: float, first: int, *, is_restarted: bool) -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(k) for k in range(201)])
    if is_restarted:
        order = restarted(order, {})
    arrivals = [hopped(first + k, hop_seconds) for k in range(3)]
    assert said(push_all(order, arrivals)) == [f"s1/{first + k}" for k in range(3)]
    assert order.push(arrivals[1], 0.0) == (Fate.DUPLICATE, [])
    assert said(push_all(order, [end_of("s1", first + 3)])) == ["s1."]


def test_at_another_hop_what_is_held_is_handed_on_and_a_hole_is_one_of_the_new_numbering() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [*(window(k) for k in range(11)), window(12)])
    assert said(push_all(order, [hopped(8, 2.0)])) == ["s1/12+1"]
    assert order.push(window(11), 0.0)[0] is Fate.LATE
    assert said(push_all(order, [hopped(7, 2.0)])) == ["s1/7", "s1/8"]


def test_at_another_hop_what_is_held_is_handed_on_though_it_ends_later_than_what_has_come() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [*(window(k) for k in range(11)), window(16)])
    fate, steps = order.push(hopped(6, 2.0), 0.0)
    assert (fate, said(steps)) == (Fate.LATE, ["s1/16+5"])
    assert said(push_all(order, [hopped(8, 2.0), hopped(9, 2.0)])) == ["s1/9"]


def test_what_comes_for_a_session_that_has_ended_is_stale() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), end_of("s1", 1)])
    assert [order.push(one, 0.0) for one in (window(0), window(1), end_of("s1", 1))] == [(Fate.STALE, [])] * 3


def test_waiting_anew_forgives_the_time_in_which_nothing_could_come() -> None:
    order = Order(LATENESS_SECONDS, 0.0)
    push_all(order, [window(0), window(2), window(0, "s2"), end_of("s2", 2)])
    order.wait_anew(100.0)
    assert order.due(144.9) == []
    assert said(order.due(145.0)) == ["s1/2+1", "s1?", "s2/0", "s2.+1"]


def test_a_full_order_gives_up_its_oldest_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_module, "MOST_HELD", 10)
    order = Order(math.inf, 0.0)
    push_all(order, [window(0)])
    assert push_all(order, [window(k) for k in range(2, 12)]) == []
    assert said(push_all(order, [window(13)])) == ["s1/2+1"] + [f"s1/{k}" for k in range(3, 12)]
    assert order.held_count == 1


def test_a_full_order_ends_the_session_that_all_others_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_module, "MOST_HELD", 3)
    order = Order(math.inf, 0.0)
    push_all(order, [window(0)])
    assert said(push_all(order, [window(k, "s2") for k in range(4)])) == ["s1?", "s2/0", "s2/1", "s2/2", "s2/3"]


def test_sessions_that_wait_are_bounded() -> None:
    order = Order(math.inf, 0.0)
    steps = push_all(order, [window(0, f"s{k}") for k in range(order_module.MOST_SESSIONS + 1)])
    assert said(steps) == ["s0/0", "s0?", "s1/0"]


def shuffled_within(seed: int, count: int, reach: int) -> list[int]:
    """A permutation in which nothing is further from its place than `reach`."""
    generator = random.Random(seed)
    return sorted(range(count), key=lambda k: k + generator.uniform(0, reach))


@given(seed=st.integers(0, 2**32), count=st.integers(0, 120), reach=st.integers(0, 200), repeats=st.integers(0, 20))
def test_whatever_the_order_of_arrival_the_same_goes_on(seed: int, count: int, reach: int, repeats: int) -> None:
    arrivals = [window(k) for k in range(count)] + [end_of("s1", count)]
    coming = [arrivals[k] for k in shuffled_within(seed, count + 1, reach)]
    generator = random.Random(seed)
    for _ in range(repeats):
        coming.insert(generator.randrange(len(coming) + 1), generator.choice(arrivals))
    order = Order(LATENESS_SECONDS, 0.0)
    assert said(push_all(order, coming)) == [f"s1/{k}" for k in range(count)] + ["s1."]


@given(seed=st.integers(0, 2**32), lost=st.sets(st.integers(0, 59), max_size=20), reach=st.integers(0, 30))
def test_with_losses_the_rest_goes_on_in_order_once_its_time_has_passed(seed: int, lost: set[int], reach: int) -> None:
    arrivals = [window(k) for k in range(60)] + [end_of("s1", 60)]
    coming = [arrivals[k] for k in shuffled_within(seed, 61, reach) if k not in lost]
    order = Order(LATENESS_SECONDS, 0.0)
    steps = push_all(order, coming) + order.due(LATENESS_SECONDS)
    indexes = [step.heard.index for step in steps if isinstance(step, Next)]
    assert indexes == sorted(set(range(60)) - lost)
    assert sum(step.missing for step in steps) == len(lost)
    assert isinstance(steps[-1], Ended)


@given(
    seed=st.integers(0, 2**32),
    cuts=st.lists(st.integers(0, 130), max_size=10),
    lost=st.sets(st.integers(0, 59), max_size=5),
)
def test_a_restart_at_any_moment_loses_and_repeats_nothing(seed: int, cuts: Sequence[int], lost: set[int]) -> None:
    first = [window(k) for k in range(60)]
    second = [window(k, "s2") for k in range(60)] + [end_of("s2", 60)]
    arrivals = [*first, *second]
    coming = [arrivals[k] for k in shuffled_within(seed, len(arrivals), 20) if k not in lost]
    plain = Order(LATENESS_SECONDS, 0.0)
    expected = push_all(plain, coming) + plain.due(LATENESS_SECONDS) + plain.due(3 * LATENESS_SECONDS)
    order, held, steps = Order(LATENESS_SECONDS, 0.0), dict[tuple[str, int], Heard](), list[Next | Ended]()
    for k, arrival in enumerate(coming):
        if k in cuts:
            order = restarted(order, held)
        steps += push_all(order, [arrival])
    order = restarted(order, held)
    steps += order.due(LATENESS_SECONDS) + order.due(3 * LATENESS_SECONDS)
    assert said(steps) == said(expected)
    restarted(order, held)
    assert held == {}
