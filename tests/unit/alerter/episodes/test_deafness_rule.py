from __future__ import annotations

import math

import pytest

from tears.alerter.episodes.deafness_rule import Change, Hearing, HearingState


def test_a_microphone_that_was_heard_and_is_heard_no_more_is_deaf_once() -> None:
    hearing = Hearing(60.0, 0.0)
    assert hearing.heard("s1", 10.0) is None
    assert hearing.check(69.9) is None
    assert hearing.check(70.0) is Change.DEAF
    assert hearing.check(1e6) is None


def test_it_hears_again_once() -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.heard("s1", 0.0)
    hearing.check(60.0)
    assert hearing.heard("s1", 100.0) is Change.HEARS_AGAIN
    assert hearing.heard("s1", 101.0) is None
    assert hearing.check(161.0) is Change.DEAF


def test_a_registered_microphone_that_is_never_heard_counts_from_first_sight() -> None:
    hearing = Hearing(60.0, 0.0)
    for now in range(100, 160):
        hearing.expect("s1", float(now))
        assert hearing.check(float(now)) is None
    assert hearing.check(160.0) is Change.DEAF


def test_nothing_is_expected_of_a_microphone_that_nobody_knows() -> None:
    assert Hearing(60.0, 0.0).check(1e9) is None


def test_a_session_that_has_ended_is_not_deaf_though_it_stays_registered() -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.heard("s1", 0.0)
    hearing.ended("s1")
    hearing.expect("s1", 10.0)
    assert hearing.check(1e6) is None


def test_the_last_windows_of_a_session_that_has_said_its_end_expect_nothing_more() -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.heard("s1", 0.0)
    hearing.ended("s1")
    hearing.heard("s1", 1.0)
    assert hearing.check(1e6) is None


def test_a_new_session_is_expected_from_its_registration() -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.ended("s1")
    hearing.expect("s2", 1_000.0)
    assert hearing.check(1_059.0) is None
    assert hearing.check(1_060.0) is Change.DEAF


def test_the_end_of_a_deaf_session_is_no_hearing_again() -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.heard("s1", 0.0)
    hearing.check(60.0)
    hearing.ended("s1")
    assert hearing.heard("s2", 100.0) is None


def test_after_a_restart_it_has_been_told_and_time_counts_anew() -> None:
    told = Hearing(60.0, 0.0, HearingState(expected=True, deaf=True))
    assert told.check(1e6) is None
    assert told.heard("s1", 1e6) is Change.HEARS_AGAIN
    waiting = Hearing(60.0, 500.0, HearingState(expected=True))
    assert waiting.check(559.0) is None
    assert waiting.check(560.0) is Change.DEAF


def test_without_a_bound_nobody_is_ever_deaf() -> None:
    hearing = Hearing(math.inf, 0.0)
    hearing.heard("s1", 0.0)
    assert hearing.check(1e12) is None


def test_a_microphone_that_says_it_is_silent_is_deaf_at_once_though_scores_come() -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.heard("s1", 0.0)
    hearing.report("silent")
    assert hearing.heard("s1", 1.0) is None
    assert hearing.check(1.0) is Change.DEAF
    assert hearing.check(2.0) is None
    assert hearing.heard("s1", 3.0) is None


def test_a_silent_microphone_hears_again_with_the_first_score_after_it_says_so() -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.heard("s1", 0.0)
    hearing.report("silent")
    hearing.check(1.0)
    hearing.report("listening")
    assert hearing.check(100.0) is None
    assert hearing.heard("s1", 101.0) is Change.HEARS_AGAIN


@pytest.mark.parametrize("state", ["stalled", "absent"])
def test_a_microphone_that_stalls_or_is_absent_has_its_time_to_come_back(state: str) -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.heard("s1", 0.0)
    hearing.report(state)
    hearing.heard("s1", 30.0)  # a window that was still under way
    assert hearing.check(59.0) is None
    assert (hearing.check(60.0), hearing.fault) == (Change.DEAF, state)


@pytest.mark.parametrize("state", ["listening", "clipping", "ended", "stopped", "of a later version"])
def test_other_words_of_the_registry_are_no_fault(state: str) -> None:
    hearing = Hearing(60.0, 0.0)
    hearing.report(state)
    hearing.heard("s1", 30.0)
    assert (hearing.check(89.0), hearing.fault) == (None, "")


def test_without_a_bound_a_silent_one_is_not_told_of_either() -> None:
    hearing = Hearing(math.inf, 0.0)
    hearing.heard("s1", 0.0)
    hearing.report("silent")
    assert hearing.check(1e12) is None
