import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.journal.history.records import HOLE, LEAST_LEVEL_DBFS, NightSeries
from tears.journal.web.pages.sensitivity.judged_series import judge_series
from tears.policy.episode_rule import Observation
from tears.policy.judged_nights import judge
from tears.policy.sensitivity import Sensitivity, policy_of

# Runs of one score and one level: quiet, the thresholds of all levels and the values beside them, and holes.
RUNS = st.lists(
    st.tuples(
        st.sampled_from([0, 5, 11, 12, 14, 15, 19, 20, 34, 35, 54, 55, 62, 63, 100, HOLE]),
        st.sampled_from([40, 54, 55, 90]),
        st.integers(1, 40),
    ),
    max_size=12,
)


def series_of(runs: list[tuple[int, int, int]]) -> NightSeries:
    return NightSeries(
        mic="nursery",
        from_at=1_800_000_000.0,
        seconds=np.array([score for score, _, length in runs for _ in range(length)], np.uint8),
        levels=np.array([level for _, level, length in runs for _ in range(length)], np.uint8),
    )


@given(runs=RUNS, level=st.sampled_from(list(Sensitivity)))
def test_the_rule_finds_the_same_episodes_as_in_all_seconds(
    runs: list[tuple[int, int, int]], level: Sensitivity
) -> None:
    series = series_of(runs)
    every_second = [
        Observation(
            series.from_at + k + 1,
            None if score == HOLE else score / 100,
            float(int(series.levels[k]) + LEAST_LEVEL_DBFS),
        )
        for k, score in enumerate(series.seconds.tolist())
    ]
    assert judge_series(policy_of(level), series) == judge(policy_of(level), every_second)


@pytest.mark.parametrize(("level", "alerts"), [(Sensitivity.LOW, 0), (Sensitivity.NORMAL, 1), (Sensitivity.HIGH, 1)])
def test_a_higher_level_alerts_to_a_lower_score(level: Sensitivity, alerts: int) -> None:
    assert len(judge_series(policy_of(level), series_of([(0, 90, 60), (58, 90, 5), (0, 90, 60)]))) == alerts
