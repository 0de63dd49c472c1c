"""What a sensitivity would have done is judged by the rule that alerts."""

from support.policies import POLICY

from tears.policy.episode_rule import Observation
from tears.policy.judged_nights import JudgedEpisode, judge, summarise

CRY, LATER = JudgedEpisode(100.0, 102.0, 160.0), JudgedEpisode(300.0, 303.0, 330.0)


def test_scores_are_judged_by_the_rule_that_alerts() -> None:
    scores = [0.1] * 10 + [0.9] * 20 + [0.1] * 30 + [0.9] * 10
    (first, last) = judge(POLICY, [Observation(5.0 + k, score, -30.0) for k, score in enumerate(scores)])
    assert (first.start_seconds, first.alerted_at_seconds, first.cried_until_seconds) == (14.0, 16.0, 34.0)
    assert last.cried_until_seconds == 5.0 + len(scores) - 1


def test_crying_before_the_alert_and_without_one_is_unnoticed() -> None:
    crying = {"a": [CRY, LATER]}
    late = {"a": [JudgedEpisode(110.0, 112.0, 160.0)]}
    summary = summarise(late, crying, nights=2)
    assert (summary.alerts_a_night, summary.seconds_to_alert, summary.missed) == (0.5, 12.0, 1)
    assert summary.unnoticed_minutes == (12.0 + 30.0) / 60 / 2


def test_crying_in_an_episode_that_is_already_open_is_noticed_at_once() -> None:
    summary = summarise({"a": [JudgedEpisode(90.0, 92.0, 400.0)]}, {"a": [CRY, LATER]}, nights=1)
    assert (summary.seconds_to_alert, summary.missed, summary.unnoticed_minutes) == (0.0, 0, 0.0)


def test_without_any_alert_there_is_no_wait() -> None:
    summary = summarise({"a": [], "b": []}, {"a": [CRY], "b": []}, nights=1)
    assert (summary.alerts_a_night, summary.seconds_to_alert, summary.unnoticed_minutes) == (0.0, None, 1.0)
