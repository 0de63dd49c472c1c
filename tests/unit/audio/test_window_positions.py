"""The places of windows in a session."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.audio.errors import AudioFormatError, HopError
from tears.audio.window_positions import (
    native_window_samples,
    window_count,
    window_end,
    window_start,
    windows_ending_in,
)

rates_hz = st.one_of(st.sampled_from([4_000, 16_000, 22_050, 44_100, 48_000, 384_000]), st.integers(4_000, 384_000))
hops_seconds = st.one_of(
    st.sampled_from([0.1, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0, 7.0]),
    st.floats(0.01, 20, allow_nan=False, allow_infinity=False),
)


def test_a_window_every_second_starts_on_the_second() -> None:
    assert [window_start(k, 48_000, 1.0) for k in range(3)] == [0, 48_000, 96_000]
    assert window_end(2, 48_000, 1.0) == 7 * 48_000
    assert native_window_samples(48_000) == 240_000


def test_a_start_between_two_samples_rounds_half_up() -> None:
    # A quarter of a second at 22.05 kHz is 5 512.5 samples.
    assert [window_start(k, 22_050, 0.25) for k in range(4)] == [0, 5_513, 11_025, 16_538]


def test_a_tenth_is_a_tenth_after_a_week() -> None:
    week_seconds = 7 * 24 * 3_600
    assert window_start(10 * week_seconds, 384_000, 0.1) == week_seconds * 384_000


def test_a_hop_is_the_decimal_number_and_not_its_nearest_binary_fraction() -> None:
    # 6 616.5 samples, of which the binary fraction next to 0.3 falls short.
    assert window_start(1, 22_055, 0.3) == 6_617


def test_the_first_window_ends_with_the_sample_that_makes_five_seconds() -> None:
    assert list(windows_ending_in(0, 239_999, 48_000, 1.0)) == []
    assert list(windows_ending_in(239_999, 240_000, 48_000, 1.0)) == [0]
    assert list(windows_ending_in(240_000, 287_999, 48_000, 1.0)) == []


def test_a_chunk_of_a_second_completes_as_many_windows_as_it_has_hops() -> None:
    assert list(windows_ending_in(9 * 48_000, 10 * 48_000, 48_000, 1.0)) == [5]
    assert list(windows_ending_in(9 * 48_000, 10 * 48_000, 48_000, 0.25)) == [17, 18, 19, 20]


def test_a_stretch_without_samples_completes_nothing() -> None:
    assert not windows_ending_in(240_000, 240_000, 48_000, 1.0)


def test_only_whole_windows_are_counted() -> None:
    counts = [window_count(seconds * 16_000, 16_000, 1.0) for seconds in (0, 4, 5, 6, 3_600)]
    assert counts == [0, 0, 1, 2, 3_596]


@given(rates_hz, hops_seconds, st.integers(0, 10**7))
def test_a_start_is_never_more_than_half_a_sample_off(rate_hz: int, hop_seconds: float, index: int) -> None:
    exact = index * Fraction(repr(hop_seconds)) * rate_hz
    assert Fraction(-1, 2) < window_start(index, rate_hz, hop_seconds) - exact <= Fraction(1, 2)


@given(rates_hz, hops_seconds, st.integers(0, 10**9), st.integers(0, 10**7))
def test_the_windows_of_a_stretch_end_inside_it_and_their_neighbours_do_not(
    rate_hz: int, hop_seconds: float, after: int, length: int
) -> None:
    until = after + length
    windows = windows_ending_in(after, until, rate_hz, hop_seconds)
    if windows:
        assert after < window_end(windows[0], rate_hz, hop_seconds)
        assert window_end(windows[-1], rate_hz, hop_seconds) <= until
    assert windows.start == 0 or window_end(windows.start - 1, rate_hz, hop_seconds) <= after
    assert window_end(windows.stop, rate_hz, hop_seconds) > until


@given(rates_hz, hops_seconds, st.lists(st.integers(0, 60 * 48_000), max_size=8), st.integers(0, 60 * 48_000))
def test_every_window_is_in_exactly_one_stretch_of_any_partition(
    rate_hz: int, hop_seconds: float, cuts: list[int], total: int
) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < total), total]
    seen = [k for after, until in pairwise(edges) for k in windows_ending_in(after, until, rate_hz, hop_seconds)]
    assert seen == list(range(window_count(total, rate_hz, hop_seconds)))


@pytest.mark.parametrize("hop_seconds", [0.0, -1.0, 1e-6, float("nan"), float("inf")])
def test_a_hop_that_does_not_move_is_refused(hop_seconds: float) -> None:
    with pytest.raises(HopError, match="hop"):
        windows_ending_in(0, 480_000, 48_000, hop_seconds)


def test_a_rate_that_no_microphone_has_is_refused() -> None:
    with pytest.raises(AudioFormatError):
        window_count(480_000, 100, 1.0)
