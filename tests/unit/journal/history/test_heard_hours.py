"""Seconds keep what a rule of thresholds needs, and survive being written twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tears.journal.history.heard_hours import (
    HOUR_BYTES,
    empty_hour,
    heard_seconds,
    lay_over,
    level_byte,
    pack,
    put_second,
    score_byte,
    unpack,
)
from tears.journal.history.records import HOLE


@given(st.floats(0.0, 1.0), st.integers(1, 100))
def test_a_kept_score_reaches_a_threshold_of_whole_hundredths_exactly_if_the_score_does(
    score: float, hundredths: int
) -> None:
    if abs(score * 100 - hundredths) > 1e-5:
        assert (score_byte(score) >= hundredths) == (score >= hundredths / 100)
    assert score_byte(hundredths / 100) == hundredths


@pytest.mark.parametrize(("level_dbfs", "byte"), [(-120.0, 0), (-300.0, 0), (-49.6, 70), (0.0, 120), (3.0, 120)])
def test_a_level_is_kept_to_the_decibel_within_its_bounds(level_dbfs: float, byte: int) -> None:
    assert level_byte(level_dbfs) == byte


def test_the_highest_score_of_a_second_stays_with_its_level() -> None:
    hour = empty_hour()
    for score, level_dbfs in ((0.2, -40.0), (0.7, -30.0), (0.5, -10.0)):
        put_second(hour, 17, score, level_dbfs)
    assert hour[:, 17].tolist() == [70, 90]
    assert heard_seconds(hour) == 1


# Few seconds of few values: so both copies often know the same second.
_HOURS = arrays(np.uint8, (2, 3_600), elements=st.sampled_from([0, 3, 50, HOLE]), fill=st.just(HOLE))


@given(_HOURS, _HOURS)
def test_two_copies_of_an_hour_laid_over_each_other_lose_nothing(one: np.ndarray, other: np.ndarray) -> None:
    merged = lay_over(one, other)
    assert np.array_equal(lay_over(merged, one), merged)
    assert np.array_equal(lay_over(merged, other), merged)
    heard = (one[0] != HOLE) | (other[0] != HOLE)
    assert np.array_equal(merged[0] != HOLE, heard)
    known = [np.where(hour[0] == HOLE, -1, hour[0].astype(int)) for hour in (one, other)]
    assert np.array_equal(merged[0][heard], np.maximum(*known)[heard])


@given(_HOURS)
def test_an_hour_comes_back_as_it_was_packed(hour: np.ndarray) -> None:
    assert np.array_equal(unpack(pack(hour)), hour)


@pytest.mark.parametrize("packed", [b"", b"no zlib", pack(empty_hour())[:-9]])
def test_bytes_that_are_no_hour_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="hour"):
        unpack(packed)


def test_an_hour_that_unpacks_to_more_is_refused_without_unpacking_all_of_it() -> None:
    large = np.zeros((100, HOUR_BYTES), dtype=np.uint8)
    with pytest.raises(ValueError, match="an hour of 7201 bytes"):
        unpack(pack(large))
