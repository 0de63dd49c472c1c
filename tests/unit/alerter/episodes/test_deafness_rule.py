import math

import pytest

from tears.alerter.episodes.deafness_rule import DeafnessRule, ListeningState


def test_a_microphone_without_scores_for_too_long_is_deaf_and_reported_once() -> None:
    rule = DeafnessRule(60.0, 0.0)
    assert rule.count_score("s1", 10.0) is False
    assert rule.check(69.9) is False
    assert rule.check(70.0) is True
    assert rule.check(1e6) is False


def test_the_first_score_after_deafness_is_reported_once() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 0.0)
    rule.check(60.0)
    assert rule.count_score("s1", 100.0) is True
    assert rule.count_score("s1", 101.0) is False
    assert rule.check(161.0) is True


def test_a_registered_microphone_without_any_score_counts_from_its_first_registration() -> None:
    rule = DeafnessRule(60.0, 0.0)
    for now in range(100, 160):
        rule.expect_session("s1", float(now))
        assert rule.check(float(now)) is False
    assert rule.check(160.0) is True


def test_nothing_is_expected_of_an_unknown_microphone() -> None:
    assert DeafnessRule(60.0, 0.0).check(1e9) is False


def test_an_ended_session_is_not_deaf_even_if_it_stays_registered() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 0.0)
    rule.end_session("s1")
    rule.expect_session("s1", 10.0)
    assert rule.check(1e6) is False


def test_after_late_windows_of_an_ended_session_no_scores_are_expected() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 0.0)
    rule.end_session("s1")
    rule.count_score("s1", 1.0)
    assert rule.check(1e6) is False


def test_scores_of_a_new_session_are_expected_from_its_registration() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.end_session("s1")
    rule.expect_session("s2", 1_000.0)
    assert rule.check(1_059.0) is False
    assert rule.check(1_060.0) is True


def test_the_end_of_a_deaf_session_is_not_reported_as_listening_again() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 0.0)
    rule.check(60.0)
    rule.end_session("s1")
    assert rule.count_score("s2", 100.0) is False


def test_after_a_restart_the_warning_is_not_repeated_and_the_time_starts_anew() -> None:
    warned = DeafnessRule(60.0, 0.0, ListeningState(expected=True, deaf=True))
    assert warned.check(1e6) is False
    assert warned.count_score("s1", 1e6) is True
    waiting = DeafnessRule(60.0, 500.0, ListeningState(expected=True))
    assert waiting.check(559.0) is False
    assert waiting.check(560.0) is True


def test_with_infinite_deaf_seconds_no_microphone_is_ever_deaf() -> None:
    rule = DeafnessRule(math.inf, 0.0)
    rule.count_score("s1", 0.0)
    assert rule.check(1e12) is False


def test_a_silent_microphone_is_deaf_at_once_although_scores_come() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 0.0)
    rule.set_mic_state("silent")
    assert rule.count_score("s1", 1.0) is False
    assert rule.check(1.0) is True
    assert rule.check(2.0) is False
    assert rule.count_score("s1", 3.0) is False


def test_a_silent_microphone_listens_again_with_the_first_score_after_its_state_changed() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 0.0)
    rule.set_mic_state("silent")
    rule.check(1.0)
    rule.set_mic_state("listening")
    assert rule.check(100.0) is False
    assert rule.count_score("s1", 101.0) is True


@pytest.mark.parametrize("state", ["stalled", "absent"])
def test_a_stalled_or_absent_microphone_has_the_usual_time_to_come_back(state: str) -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 0.0)
    rule.set_mic_state(state)
    rule.count_score("s1", 30.0)  # a window that was still under way
    assert rule.check(59.0) is False
    assert (rule.check(60.0), rule.fault) == (True, state)


@pytest.mark.parametrize("state", ["listening", "clipping", "ended", "stopped", "of a later version"])
def test_other_states_in_the_registry_are_not_a_fault(state: str) -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.set_mic_state(state)
    rule.count_score("s1", 30.0)
    assert (rule.check(89.0), rule.fault) == (False, "")


def test_with_infinite_deaf_seconds_a_silent_microphone_is_not_deaf_either() -> None:
    rule = DeafnessRule(math.inf, 0.0)
    rule.count_score("s1", 0.0)
    rule.set_mic_state("silent")
    assert rule.check(1e12) is False


def test_an_end_is_false_if_the_recorder_goes_on_with_the_session() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.count_score("s1", 100.0)
    rule.end_session("s1", 101.0)
    assert [rule.is_end_false("s1", heartbeat, 105.0) for heartbeat in (1.0, 2.0)] == [False, False]
    assert rule.is_end_false("s1", 2.0, 112.0) is False  # the same heartbeat
    assert rule.is_end_false("s1", 3.0, 112.0) is True
    assert rule.check(159.0) is False
    assert rule.check(160.0) is True


def test_an_end_is_true_if_the_recorder_has_gone_or_has_begun_another_session() -> None:
    rule = DeafnessRule(60.0, 0.0)
    rule.end_session("s1", 0.0)
    assert not any(rule.is_end_false("s1", 1.0, float(now)) for now in range(100))
    assert not any(rule.is_end_false("s2", float(now), float(now)) for now in range(100))
