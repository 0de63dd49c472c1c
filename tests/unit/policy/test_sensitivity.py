import pytest

from tears.policy.parameters import Policy
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity, policy_of


def test_the_normal_level_is_the_default_policy() -> None:
    assert policy_of(Sensitivity.NORMAL) == Policy()


def test_a_higher_level_opens_an_episode_at_a_lower_score() -> None:
    thresholds = [
        SENSITIVITY_LEVELS[level].open_threshold for level in (Sensitivity.LOW, Sensitivity.NORMAL, Sensitivity.HIGH)
    ]
    assert thresholds == sorted(thresholds, reverse=True)
    assert set(SENSITIVITY_LEVELS) == set(Sensitivity)


def test_a_parameter_that_is_given_replaces_that_of_the_level() -> None:
    policy = policy_of(Sensitivity.HIGH, open_threshold=0.5, quiet_seconds=9.0)
    assert (policy.open_threshold, policy.quiet_seconds) == (0.5, 9.0)
    assert policy.close_threshold == SENSITIVITY_LEVELS[Sensitivity.HIGH].close_threshold


def test_a_parameter_that_contradicts_the_level_is_refused() -> None:
    with pytest.raises(ValueError, match="close_threshold"):
        policy_of(Sensitivity.HIGH, open_threshold=0.1)
