import numpy as np

from tears.journal.history.records import HOLE, NightSeries
from tears.journal.web.drawing.curve import Stripe, columns_of


def series(scores: list[int], levels: list[int] | None = None) -> NightSeries:
    return NightSeries(
        mic="nursery",
        from_at=0.0,
        seconds=np.array(scores, np.uint8),
        levels=np.array(scores if levels is None else levels, np.uint8),
    )


def test_a_column_shows_the_highest_score_of_its_seconds() -> None:
    assert list(columns_of(series([1, 9, 3, 2]), 2).scores) == [9, 3]


def test_every_column_has_as_many_seconds_and_the_last_one_may_lack_some() -> None:
    columns = columns_of(series([5, 6, 7, 8, 9]), 2)
    assert (len(columns), list(columns.scores)) == (2, [7, 9])


def test_a_short_series_has_a_column_for_each_second() -> None:
    assert list(columns_of(series([5, 6]), 480).scores) == [5, 6]


def test_levels_are_drawn_between_quiet_and_loud() -> None:
    # In dBFS: -75 and less, -45, -15 and more.
    assert list(columns_of(series([0] * 4, [20, 45, 75, 110]), 4).levels) == [0, 0, 50, 100]


def test_a_hole_is_shown_where_more_than_half_of_a_column_was_not_heard() -> None:
    columns = columns_of(series([HOLE, HOLE, HOLE, 1, HOLE, HOLE, 1, 1]), 2)
    assert list(columns.holes) == [True, False]
    assert columns.unheard == (Stripe(0.0, 50.0),)
    assert list(columns.scores) == [1, 1]


def test_equal_neighbours_make_one_step_of_the_curve() -> None:
    assert columns_of(series([10, 10, 10, 40]), 4).score_curve == "M0 100V90H3V60H4V100Z"


def test_nothing_heard_makes_an_empty_curve() -> None:
    assert columns_of(series([HOLE] * 5), 5).score_curve == "M0 100V100H5V100Z"
