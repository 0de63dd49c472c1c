import math

import pytest

from tears.audio.constants import WINDOW_SECONDS
from tears.policy.episode_rule import WINDOW_LENGTH_SECONDS
from tears.policy.parameters import Policy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("open_threshold", 0.1),
        ("open_threshold", 1.1),
        ("close_threshold", 0.0),
        ("close_threshold", math.nan),
        ("evidence_seconds", 3.1),
        ("evidence_seconds", 0.0),
        ("span_seconds", math.inf),
        ("quiet_seconds", 0.0),
        ("refractory_seconds", -1.0),
        ("unheard_seconds", math.nan),
        ("level_floor_dbfs", math.nan),
    ],
)
def test_the_error_names_a_parameter_out_of_range(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Policy(**{name: value})


def test_a_window_speaks_for_no_more_time_than_it_lasts() -> None:
    assert WINDOW_LENGTH_SECONDS == WINDOW_SECONDS
