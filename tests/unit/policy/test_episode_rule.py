import dataclasses
import math
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.policies import POLICY

from tears.policy.episode_rule import (
    CryingEpisode,
    EpisodeChange,
    EpisodeClosed,
    EpisodeOpened,
    Observation,
    PolicyState,
    bridge_break,
    close_episode,
    observe_window,
    resumable_until_seconds,
)
from tears.policy.parameters import Policy

FRESH = PolicyState()
LOUD = 0.9
FAINT = 0.5  # between the two thresholds
QUIET = 0.1


def judge(
    observations: Iterable[Observation], policy: Policy = POLICY, state: PolicyState = FRESH
) -> tuple[PolicyState, list[EpisodeChange]]:
    events: list[EpisodeChange] = []
    for observation in observations:
        state, new = observe_window(policy, state, observation)
        events += new
    return state, events


def windows(
    scores: Sequence[float | None], hop_seconds: float = 1.0, first_end_seconds: float = 5.0
) -> list[Observation]:
    return [Observation(first_end_seconds + k * hop_seconds, score) for k, score in enumerate(scores)]


def opened(events: Sequence[EpisodeChange]) -> list[CryingEpisode]:
    return [event.episode for event in events if isinstance(event, EpisodeOpened)]


def closed(events: Sequence[EpisodeChange]) -> list[EpisodeClosed]:
    return [event for event in events if isinstance(event, EpisodeClosed)]


def curve(score_at: Callable[[float], float], hop_seconds: float, until_seconds: float) -> list[Observation]:
    ends = (5.0 + k * hop_seconds for k in range(int((until_seconds - 5.0) / hop_seconds) + 1))
    return [Observation(end_seconds, score_at(end_seconds)) for end_seconds in ends]


def test_an_episode_opens_when_enough_crying_lies_within_the_span() -> None:
    _, events = judge(windows([QUIET, LOUD, LOUD]))
    (episode,) = opened(events)
    assert (episode.start_seconds, episode.alerted_at_seconds, episode.peak_score) == (5.0, 7.0, LOUD)


def test_a_single_loud_window_opens_no_episode() -> None:
    _, events = judge(windows([QUIET, LOUD, QUIET, QUIET, LOUD, QUIET, QUIET, LOUD]))
    assert events == []


def test_evidence_may_be_interrupted_if_it_fits_into_the_span() -> None:
    _, events = judge(windows([QUIET, LOUD, QUIET, LOUD]))
    assert [episode.alerted_at_seconds for episode in opened(events)] == [8.0]


def test_crying_before_the_span_is_not_evidence() -> None:
    policy = dataclasses.replace(POLICY, evidence_seconds=2.5, span_seconds=3.0)
    sequence = [Observation(5.0, QUIET), Observation(7.0, LOUD), Observation(8.9, None), Observation(9.5, LOUD)]
    assert judge(sequence, policy)[1] == []
    assert len(opened(judge([*sequence[:2], Observation(9.0, LOUD)], policy)[1])) == 1


def test_a_window_below_the_level_floor_is_not_crying_whatever_its_score() -> None:
    silent = [Observation(one.end_seconds, LOUD, level_dbfs=-60.1) for one in windows([0.0] * 30)]
    at_the_floor = [Observation(one.end_seconds, LOUD, level_dbfs=-60.0) for one in windows([0.0] * 30)]
    assert judge(silent)[1] == []
    assert len(opened(judge(at_the_floor)[1])) == 1


def test_faint_crying_opens_no_episode_but_keeps_one_open() -> None:
    assert judge(windows([FAINT] * 60))[1] == []
    _, events = judge(windows([QUIET, LOUD, LOUD] + [FAINT] * 60))
    assert (len(opened(events)), closed(events)) == (1, [])


def test_an_episode_closes_after_enough_quiet() -> None:
    state, events = judge(windows([QUIET] + [LOUD] * 10 + [QUIET] * 7))
    assert closed(events) == []
    _, events = judge([Observation(23.0, QUIET)], state=state)
    (closing,) = closed(events)
    assert closing.end_seconds == 15.0 + POLICY.quiet_seconds
    assert closing.episode.cried_until_seconds == 15.0


def test_crying_that_returns_before_the_quiet_time_is_over_belongs_to_the_episode() -> None:
    bursts = [QUIET, LOUD, LOUD, LOUD] + ([QUIET] * 7 + [LOUD] * 3) * 20
    _, events = judge(windows(bursts))
    assert (len(opened(events)), closed(events)) == (1, [])


def test_crying_within_the_refractory_time_extends_the_episode_and_later_crying_opens_another() -> None:
    policy = dataclasses.replace(POLICY, quiet_seconds=2.0, refractory_seconds=20.0)
    scores = [QUIET, LOUD, LOUD] + [QUIET] * 10 + [LOUD] * 3
    state, events = judge(windows(scores), policy)
    assert (len(opened(events)), closed(events)) == (1, [])
    ends_at = state.heard_until_seconds
    assert ends_at is not None
    _, events = judge(windows([QUIET] * 15 + [LOUD] * 3, first_end_seconds=ends_at + 1), policy, state)
    assert [type(event) for event in events] == [EpisodeClosed, EpisodeOpened]
    assert closed(events)[0].end_seconds == 7.0 + 20.0


def test_crying_long_after_an_episode_opens_a_second_one() -> None:
    _, events = judge(windows([QUIET] + [LOUD] * 8 + [QUIET] * 12 + [LOUD] * 8 + [QUIET] * 20))
    assert [type(event) for event in events] == [EpisodeOpened, EpisodeClosed, EpisodeOpened, EpisodeClosed]


@pytest.mark.parametrize("unheard", range(1, 16))
def test_a_gap_in_an_episode_neither_closes_it_nor_opens_another(unheard: int) -> None:
    _, events = judge(windows([QUIET] + [LOUD] * 10 + [None] * unheard + [LOUD] * 10))
    assert (len(opened(events)), closed(events)) == (1, [])


def test_tombstones_alone_close_an_episode_in_the_end() -> None:
    _, events = judge(windows([QUIET, LOUD, LOUD] + [None] * 60))
    (closing,) = closed(events)
    assert closing.end_seconds == 7.0 + POLICY.unheard_seconds + POLICY.quiet_seconds


def test_tombstones_are_not_crying() -> None:
    assert judge(windows([QUIET, LOUD, None, None, LOUD, None, None, LOUD]))[1] == []


def test_a_nan_score_is_not_crying() -> None:
    assert judge(windows([math.nan] * 20))[1] == []


def test_crying_after_an_hour_without_windows_is_an_episode_of_its_own() -> None:
    state, _ = judge(windows([QUIET] + [LOUD] * 5))
    _, events = judge(windows([LOUD] * 4, first_end_seconds=3_600.0), state=state)
    assert [type(event) for event in events] == [EpisodeClosed, EpisodeOpened]
    assert closed(events)[0].end_seconds == 10.0 + POLICY.unheard_seconds + POLICY.quiet_seconds


def test_a_window_after_missing_ones_does_not_speak_for_their_time() -> None:
    policy = dataclasses.replace(POLICY, evidence_seconds=6.0, span_seconds=100.0)
    _, events = judge([Observation(5.0, QUIET), Observation(95.0, LOUD)], policy)
    assert events == []


def test_windows_that_do_not_end_later_speak_for_no_time() -> None:
    state, events = judge([Observation(5.0, QUIET)] + [Observation(5.0, LOUD)] * 1_000)
    assert events == []
    assert len(state.evidence) == 1


def test_closing_by_force_ends_the_episode_at_the_last_observation() -> None:
    state, _ = judge(windows([QUIET] + [LOUD] * 5 + [QUIET] * 2))
    state, closing = close_episode(state)
    assert closing is not None
    assert closing.end_seconds == 12.0
    assert close_episode(state) == (state, None)


def test_closing_by_force_forgets_the_evidence() -> None:
    state, _ = judge(windows([QUIET, LOUD]))
    state, closing = close_episode(state)
    assert (state.evidence, closing) == ((), None)


def test_crying_seconds_include_the_evidence_and_what_follows() -> None:
    state, _ = judge(windows([QUIET, LOUD, QUIET, QUIET, QUIET, QUIET] + [LOUD] * 10 + [QUIET] * 20))
    assert state.crying_seconds == 10.0


def test_an_episode_can_be_resumed_until_it_would_close_without_any_score() -> None:
    state, _ = judge(windows([QUIET, LOUD, LOUD]))
    assert state.episode is not None
    _, events = judge(windows([None] * 60, first_end_seconds=8.0), state=state)
    assert [event.end_seconds for event in closed(events)] == [resumable_until_seconds(POLICY, state.episode)]


def test_the_policy_imports_only_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); import tears.policy.episode_rule; "
        "print(sorted(m for m in set(sys.modules) - before if m.partition('.')[0] not in sys.stdlib_module_names))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "['tears', 'tears.policy', 'tears.policy.episode_rule', 'tears.policy.parameters']"


# Cries are longer than the evidence and pauses longer than the quiet time, so a hop shifts an edge by less than a hop.
lengths = st.floats(4.0, 40.0)


@given(lead=st.floats(6.0, 20.0), cries=st.lists(st.tuples(lengths, st.floats(14.0, 60.0)), min_size=1, max_size=5))
def test_at_any_hop_the_same_sound_opens_and_closes_episodes_within_one_hop(
    lead: float, cries: list[tuple[float, float]]
) -> None:
    edges = [lead]
    for cry_seconds, pause_seconds in cries:
        edges += [edges[-1] + cry_seconds, edges[-1] + cry_seconds + pause_seconds]

    def score_at(seconds: float) -> float:
        return LOUD if sum(edge <= seconds for edge in edges) % 2 else QUIET

    runs = {hop: judge(curve(score_at, hop, edges[-1]))[1] for hop in (0.1, 0.25, 0.5, 1.0)}
    for hop, events in runs.items():
        assert [type(event) for event in events] == [type(event) for event in runs[0.1]], hop
        for at, finest in zip(opened(events), opened(runs[0.1]), strict=True):
            assert abs(at.alerted_at_seconds - finest.alerted_at_seconds) <= hop + 1e-6
            assert abs(at.start_seconds - finest.start_seconds) <= hop + 1e-6
        for at_end, finest_end in zip(closed(events), closed(runs[0.1]), strict=True):
            assert abs(at_end.end_seconds - finest_end.end_seconds) <= hop + 1e-6


scores = st.one_of(st.none(), st.floats(0.0, 1.0), st.sampled_from([LOUD, FAINT, QUIET]))
steps = st.one_of(st.sampled_from([0.25, 1.0]), st.floats(0.0, 100.0))


@given(st.lists(st.tuples(steps, scores), max_size=200))
def test_every_episode_ends_and_none_overlaps_the_next(sequence: list[tuple[float, float | None]]) -> None:
    now, observations = 0.0, []
    for step, score in sequence:
        now += step
        observations.append(Observation(now, score))
    state, events = judge(observations)
    policy = POLICY
    # After this much quiet, or time without scores, any episode is over.
    longest = policy.quiet_seconds + policy.unheard_seconds + policy.refractory_seconds
    for tail in (QUIET, None):
        final, more = judge(windows([tail] * int(longest + 2), first_end_seconds=now + 1), state=state)
        changes = [*events, *more]
        assert final.episode is None
        assert [type(event) for event in changes] == [EpisodeOpened, EpisodeClosed] * (len(changes) // 2)
        for opening, over in zip(opened(changes), closed(changes), strict=True):
            assert opening.start_seconds <= opening.alerted_at_seconds <= over.end_seconds
            assert over.episode.peak_score >= policy.open_threshold
            assert over.end_seconds >= opening.alerted_at_seconds + policy.refractory_seconds
        for over, later in zip(closed(changes), opened(changes)[1:], strict=False):
            assert over.end_seconds <= later.alerted_at_seconds


@given(st.lists(st.tuples(steps, scores), max_size=60))
def test_judging_in_pieces_gives_the_same_as_judging_at_once(sequence: list[tuple[float, float | None]]) -> None:
    now, observations = 0.0, []
    for step, score in sequence:
        now += step
        observations.append(Observation(now, score))
    middle = len(observations) // 2
    state, first = judge(observations[:middle])
    final, second = judge(observations[middle:], state=state)
    assert judge(observations) == (final, first + second)


@pytest.mark.parametrize("break_seconds", [0.0, 4.0, 15.0])
def test_crying_before_and_after_a_short_break_counts_together(break_seconds: float) -> None:
    state, events = judge(windows([QUIET, LOUD]))  # until 6 s
    assert events == []
    state = bridge_break(POLICY, state, 6.0 + break_seconds)
    _, events = judge([Observation(7.0 + break_seconds, LOUD)], state=state)
    (episode,) = opened(events)
    assert (episode.start_seconds, episode.alerted_at_seconds) == (5.0 + break_seconds, 7.0 + break_seconds)


@pytest.mark.parametrize("until_seconds", [21.1, 1_000.0, 5.9])
def test_a_long_break_or_one_into_the_past_bridges_nothing(until_seconds: float) -> None:
    state, _ = judge(windows([QUIET, LOUD]))
    assert bridge_break(POLICY, state, until_seconds) == state


def test_a_break_changes_nothing_before_the_first_window_and_in_an_episode() -> None:
    assert bridge_break(POLICY, FRESH, 3.0) == FRESH
    state, _ = judge(windows([QUIET, LOUD, LOUD]))
    assert state.episode is not None
    assert bridge_break(POLICY, state, 9.0) == state


def test_quiet_that_is_heard_after_a_break_makes_evidence_older() -> None:
    state, _ = judge(windows([QUIET, LOUD]))
    state = bridge_break(POLICY, state, 10.0)
    _, events = judge(windows([QUIET, QUIET, LOUD], first_end_seconds=11.0), state=state)
    assert events == []
