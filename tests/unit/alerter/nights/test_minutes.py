import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.alerter.nights.minutes import MINUTE_BYTES, empty_minute, laid_over, put_window, windows_of


@given(score=st.floats(0, 1), level=st.floats(-127, 0), second=st.integers(0, 59))
def test_a_window_comes_back_almost_as_it_was(score: float, level: float, second: int) -> None:
    minute = empty_minute()
    put_window(minute, 60.0 * 7 + second + 0.3, score, level)
    (window,) = windows_of(7, minute)
    assert len(minute) == MINUTE_BYTES
    assert window.at_seconds == 420.0 + second
    assert window.score == pytest.approx(score, abs=0.002)
    assert window.level_dbfs == pytest.approx(level, abs=0.251)


def test_of_several_windows_in_a_second_the_highest_score_stays_with_its_level() -> None:
    minute = empty_minute()
    for score, level in ((0.2, -50.0), (0.9, -30.0), (0.1, -20.0)):
        put_window(minute, 3.0, score, level)
    (window,) = windows_of(0, minute)
    assert window.score == pytest.approx(0.9, abs=0.002)
    assert window.level_dbfs == -30.0


def test_a_score_of_zero_is_not_a_hole() -> None:
    minute = empty_minute()
    put_window(minute, 3.0, 0.0, -200.0)
    assert [window.score for window in windows_of(0, minute)] == [0.0]


def test_two_copies_of_a_minute_are_laid_over_each_other() -> None:
    one, other = empty_minute(), empty_minute()
    put_window(one, 1.0, 0.3, -40.0)
    put_window(other, 1.0, 0.3, -40.0)
    put_window(other, 2.0, 0.6, -30.0)
    merged = laid_over(bytes(one), bytes(other))
    assert merged == bytes(other) == laid_over(bytes(other), bytes(one))
