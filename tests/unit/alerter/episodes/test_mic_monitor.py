from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

import msgspec
import pytest
from support.policies import POLICY

from tears.alerter.episodes.mic_monitor import Track
from tears.alerter.episodes.monitor_state import Effects, Now, Rules, TrackState
from tears.alerter.order.window_order import Arrival, Fate, Heard
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.kit.registry.rooms import RoomState

RULES = Rules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=60.0)
LOUD, QUIET = 0.9, 0.1


class House:
    """A track, a clock that goes with the sound, and all that came of it."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.monotonic_seconds = 1_000.0
        self.wall_seconds = 1_700_000_000.0
        self.track = Track(TrackState("nursery"), rules, self.now)
        self.effects: list[Effects] = []

    @property
    def now(self) -> Now:
        return Now(self.monotonic_seconds, self.wall_seconds)

    def wait(self, seconds: float) -> None:
        self.monotonic_seconds += seconds
        self.wall_seconds += seconds

    def hear(
        self, scores: Iterable[float | None], session: str = "s1", first: int = 0, hop_seconds: float = 1.0
    ) -> None:
        for k, score in enumerate(scores, first):
            self.wait(hop_seconds)
            self.take(k, score, session, hop_seconds)

    def take(self, index: int, score: float | None, session: str = "s1", hop_seconds: float = 1.0) -> Effects:
        heard = Heard(index, 5.0 + index * hop_seconds, self.wall_seconds, -30.0, score, "" if score else "gap")
        self.effects.append(self.track.take(Arrival(session, heard), self.now))
        return self.effects[-1]

    def end(self, windows: int, session: str = "s1") -> None:
        heard = Heard(windows, 5.0 + windows, self.wall_seconds, -120.0, None, "end_of_session")
        self.effects.append(self.track.take(Arrival(session, heard, ends=True), self.now))

    def let_pass(self, seconds: float) -> None:
        """Time in which nothing comes, with the loop going round."""
        for _ in range(int(seconds)):
            self.wait(1.0)
            self.effects += [self.track.due(self.now), self.track.check_hearing(self.now)]

    def restart(self) -> None:
        state = msgspec.json.decode(msgspec.json.encode(self.track.state()), type=TrackState)
        self.monotonic_seconds = 5.0
        self.track = Track(state, self.rules, self.now)

    @property
    def episodes(self) -> list[Episode]:
        return [episode for effects in self.effects for episode in effects.episodes]

    @property
    def openings(self) -> list[Episode]:
        return [episode for episode in self.episodes if episode.state is EpisodeState.OPEN]

    @property
    def closings(self) -> list[Episode]:
        return [episode for episode in self.episodes if episode.state is EpisodeState.CLOSED]

    @property
    def titles(self) -> list[str]:
        return [notice.title for effects in self.effects for notice in effects.notices]

    def room_state(self) -> RoomState | None:
        room = self.track.room()
        return room.state if room else None

    def has_ended(self, session: str) -> bool:
        room = self.track.room()
        return room is not None and room.has_ended(session)


def test_a_bout_becomes_an_episode_that_opens_and_closes_under_one_id() -> None:
    house = House()
    house.hear([QUIET] * 10 + [LOUD] * 5 + [QUIET] * 20)
    first, second = house.episodes
    assert (first.state, first.ending, second.state, second.ending) == (
        EpisodeState.OPEN,
        Ending.NOT_YET,
        EpisodeState.CLOSED,
        Ending.QUIET,
    )
    assert first.episode_id == second.episode_id
    assert (first.start_seconds, first.alerted_at_seconds, first.end_seconds) == (14.0, 16.0, 16.0)
    assert (second.start_seconds, second.alerted_at_seconds, second.end_seconds) == (14.0, 16.0, 27.0)
    assert first.captured_at_seconds == 1_700_000_000.0 + 12.0
    assert house.titles == ["nursery: crying"]


def test_the_id_depends_on_microphone_session_and_opening_window_alone() -> None:
    ids = []
    for lead in (3, 3, 4):
        house = House()
        house.wait(lead * 1_000.0)
        house.hear([QUIET] * lead + [LOUD] * 5)
        ids.append(house.openings[0].episode_id)
    assert ids[0] == ids[1] != ids[2]


def test_the_id_stands_in_the_notice() -> None:
    house = House()
    house.hear([QUIET] + [LOUD] * 5)
    (notice,) = [notice for effects in house.effects for notice in effects.notices]
    (opening,) = house.openings
    assert notice.key == opening.episode_id
    assert notice.body.splitlines()[-1] == f"episode {opening.episode_id}"


def test_the_end_of_the_session_closes_the_episode_and_the_room() -> None:
    house = House()
    house.hear([QUIET] + [LOUD] * 5)
    assert house.room_state() is RoomState.CRYING
    house.end(6)
    (closing,) = house.closings
    assert (closing.ending, closing.end_seconds) == (Ending.END_OF_SESSION, 10.0)
    assert house.effects[-1].must_be_saved
    room = house.track.room()
    assert room is not None
    assert (room.state, room.windows, room.tombstones, room.episodes) == (RoomState.ENDED, 6, 0, 1)
    assert (room.session, room.heard_until_seconds, room.cry_score) == ("s1", 10.0, LOUD)
    house.let_pass(1_000)
    assert house.room_state() is RoomState.ENDED


def test_a_session_without_any_window_ends_its_room() -> None:
    house = House()
    house.end(0)
    room = house.track.room()
    assert room is not None
    assert (room.state, room.session, room.windows) == (RoomState.ENDED, "s1", 0)


def test_missing_windows_are_neither_crying_nor_time_that_the_next_one_stands_for() -> None:
    house = House(Rules(policy=POLICY, lateness_seconds=0.0, deaf_seconds=60.0))
    house.hear([QUIET])
    for index in (10, 20, 30):
        house.take(index, LOUD)
        house.effects.append(house.track.due(house.now))
    assert house.episodes == []
    assert sum(effects.missing for effects in house.effects) == 27


@pytest.mark.parametrize("hop_seconds", [0.25, 1.0, 2.5])
def test_the_window_behind_a_hole_stands_for_one_hop(hop_seconds: float) -> None:
    policy = dataclasses.replace(POLICY, evidence_seconds=2.5 * hop_seconds, span_seconds=3.0 * hop_seconds)
    house = House(Rules(policy=policy, lateness_seconds=0.0, deaf_seconds=60.0))
    house.hear([QUIET] * 2, hop_seconds=hop_seconds)
    for index in (10, 11, 12):
        assert house.episodes == []
        house.hear([LOUD], first=index, hop_seconds=hop_seconds)
        house.effects.append(house.track.due(house.now))
    assert [one.alerted_at_seconds for one in house.episodes] == [5.0 + 12 * hop_seconds]
    assert house.episodes[0].start_seconds == pytest.approx(5.0 + 9 * hop_seconds)


@pytest.mark.parametrize("says_its_end", [True, False])
@pytest.mark.parametrize("hiccup_seconds", [1.0, 5.0, 10.0])
def test_a_hiccup_of_the_microphone_in_the_middle_of_a_bout_is_told_once(
    *, says_its_end: bool, hiccup_seconds: float
) -> None:
    house = House()
    house.hear([QUIET] * 5 + [LOUD] * 10)
    if says_its_end:
        house.end(15)
    house.let_pass(hiccup_seconds + 4)  # the first window needs its 5 s
    house.hear([LOUD] * 10, session="s2")
    house.let_pass(6)
    house.hear([LOUD] * 10, session="s2", first=10)
    assert house.titles == ["nursery: crying"]
    assert len(house.openings) == (2 if says_its_end else 1)


@pytest.mark.parametrize("says_its_end", [True, False])
def test_crying_in_a_session_long_after_the_last_is_told_anew(*, says_its_end: bool) -> None:
    house = House(Rules(policy=POLICY, lateness_seconds=45.0, deaf_seconds=math.inf))
    house.hear([QUIET] * 5 + [LOUD] * 10)
    if says_its_end:
        house.end(15)
    house.wait(600.0)
    house.hear([LOUD] * 10, session="s2")
    house.let_pass(6)
    assert house.titles == ["nursery: crying"] * 2
    opening = house.openings[1]
    assert (opening.start_seconds, opening.alerted_at_seconds) == (5.0, 7.0)


def test_an_episode_that_goes_on_in_the_next_session_ends_on_the_clock_of_its_own() -> None:
    house = House()
    house.hear([QUIET] * 5 + [LOUD] * 10)  # until 19 s of the session
    house.wait(6.0)
    house.hear([LOUD] * 3 + [QUIET] * 20, session="s2")  # 7 to 9 s later it cries on, then it is quiet
    house.let_pass(6)
    (closing,) = house.closings
    assert (closing.start_seconds, closing.alerted_at_seconds) == (9.0, 11.0)
    assert closing.end_seconds == pytest.approx(19.0 + 9.0 + POLICY.quiet_seconds)


@pytest.mark.parametrize("step_seconds", [-3_600.0, 3_600.0])
def test_a_step_of_the_wall_clock_changes_nothing(step_seconds: float) -> None:
    def run(*, steps: bool) -> list[Episode]:
        house = House()
        for _ in range(3):
            house.hear([QUIET] * 5 + [LOUD] * 4, first=0)
            house.end(9)
            house.wait(8.0)
            if steps:
                house.wall_seconds += step_seconds
            house.hear([LOUD] * 3 + [QUIET] * 20, session="s2")
        return house.episodes

    times = [
        [(one.start_seconds, one.alerted_at_seconds, one.end_seconds, one.ending) for one in run(steps=steps)]
        for steps in (True, False)
    ]
    assert times[0] == times[1]


def test_after_a_restart_time_between_sessions_goes_by_the_wall_clock() -> None:
    house = House()
    house.hear([QUIET] * 5 + [LOUD] * 10)
    house.wait(600.0)
    house.restart()
    house.hear([LOUD] * 10, session="s2")
    house.let_pass(6)
    assert house.titles == ["nursery: crying"] * 2


def test_after_a_restart_a_wall_clock_that_was_set_back_counts_as_no_time() -> None:
    house = House()
    house.hear([QUIET] * 5 + [LOUD] * 10)
    house.wall_seconds -= 3_600.0
    house.restart()
    house.hear([LOUD] * 10, session="s2")
    house.let_pass(6)
    assert house.titles == ["nursery: crying"]
    assert house.track.state().policy.heard_until_seconds == pytest.approx(19.0 + 5.0 + 9.0)


def test_a_restart_in_the_middle_of_a_bout_changes_nothing() -> None:
    scores = [QUIET] * 5 + [LOUD] * 10 + [QUIET] * 20
    plain, broken = House(), House()
    plain.hear(scores)
    for k, score in enumerate(scores):
        broken.hear([score], first=k)
        broken.restart()
    assert [(e.episode_id, e.state, e.end_seconds) for e in plain.episodes] == [
        (e.episode_id, e.state, e.end_seconds) for e in broken.episodes
    ]
    assert broken.titles == ["nursery: crying"]


def test_a_deaf_microphone_closes_its_episode_and_is_told_of_once_and_again_when_it_hears() -> None:
    house = House()
    house.hear([QUIET] * 5 + [LOUD] * 10)
    house.let_pass(59)
    assert house.closings == []
    house.let_pass(200)
    (closing,) = house.closings
    assert (closing.ending, closing.end_seconds) == (Ending.DEAF, 19.0)
    assert house.room_state() is RoomState.DEAF
    house.restart()
    house.let_pass(200)
    house.hear([QUIET], first=15)
    assert house.room_state() is RoomState.QUIET
    assert house.titles == ["nursery: crying", "nursery: not listening", "nursery: listening again"]


def test_crying_after_deafness_is_told_anew() -> None:
    house = House()
    house.hear([QUIET] * 5 + [LOUD] * 10)
    house.let_pass(61)
    house.hear([LOUD] * 10, first=15)
    assert house.titles.count("nursery: crying") == 2


def test_each_deafness_has_a_key_of_its_own() -> None:
    house = House()
    for first in (0, 1):
        house.hear([QUIET], first=first)
        house.let_pass(61)
    house.hear([QUIET], first=2)
    keys = [notice.key for effects in house.effects for notice in effects.notices]
    assert len(keys) == len(set(keys)) == 4


def test_a_microphone_whose_every_window_is_a_tombstone_is_deaf() -> None:
    house = House()
    for k in range(70):
        house.hear([None], first=k)
        house.let_pass(1)
    assert house.titles == ["nursery: not listening"]


def test_a_registered_microphone_that_is_never_heard_is_deaf() -> None:
    house = House()
    house.track.expect("s1", "listening", house.now)
    assert house.track.room() is None
    house.let_pass(61)
    assert house.room_state() is RoomState.DEAF
    assert house.titles == ["nursery: not listening"]


def test_a_recorder_that_is_stopped_before_it_had_sound_is_no_fault() -> None:
    house = House()
    assert house.track.expect("s1", "absent", house.now)
    assert not house.track.expect("s1", "absent", house.now)
    assert house.track.expect("s1", "stopped", house.now)
    house.let_pass(61)
    assert house.titles == []
    assert house.room_state() is RoomState.ENDED


def test_a_microphone_that_was_deaf_and_is_then_stopped_is_deaf_no_more() -> None:
    house = House()
    house.track.expect("s1", "absent", house.now)
    house.let_pass(61)
    assert house.room_state() is RoomState.DEAF
    house.track.expect("s1", "stopped", house.now)
    assert house.room_state() is RoomState.ENDED
    assert house.titles == ["nursery: not listening"]


def test_the_sound_of_a_recorder_that_was_stopped_is_waited_for_until_its_end_has_come() -> None:
    house = House()
    house.hear([QUIET])
    house.track.expect("s1", "stopped", house.now)
    assert house.track.is_expected
    house.end(1)
    assert not house.track.is_expected


def test_a_recorder_that_is_through_is_no_session_that_has_ended() -> None:
    house = House()
    house.hear([QUIET], session="s0")
    house.end(1, session="s0")
    house.track.expect("s1", "ended", house.now)
    assert not house.has_ended("s1")
    house.hear([QUIET])
    assert not house.has_ended("s1")
    house.end(1)
    assert house.has_ended("s1")


def test_nor_is_one_of_which_nothing_has_come_and_nothing_before_it() -> None:
    house = House()
    house.track.expect("s1", "ended", house.now)
    assert house.room_state() is RoomState.ENDED
    assert not house.has_ended("s1")


def test_what_waits_behind_a_hole_is_heard_all_the_same() -> None:
    house = House(Rules(policy=POLICY, lateness_seconds=math.inf, deaf_seconds=60.0))
    house.hear([QUIET])
    for k in range(2, 200):
        house.wait(1.0)
        house.take(k, QUIET)
        house.effects.append(house.track.check_hearing(house.now))
    assert house.titles == []


def test_fates_are_told() -> None:
    house = House()
    fates = [house.take(index, QUIET).fate for index in (0, 0, 1)]
    house.end(2)
    assert [*fates, house.take(2, QUIET).fate] == [Fate.TAKEN, Fate.DUPLICATE, Fate.TAKEN, Fate.STALE]


def test_crying_seconds_are_those_within_episodes() -> None:
    house = House()
    house.hear([LOUD] + [QUIET] * 9 + [LOUD] * 5 + [QUIET] * 20)
    assert sum(effects.crying_seconds for effects in house.effects) == 5.0


@pytest.mark.parametrize(
    ("mic_state", "words"),
    [
        ("silent", "The microphone gives nothing but silence"),
        ("stalled", "The microphone gives no sound any more"),
        ("absent", "The microphone is not there"),
        ("listening", "Nothing has been heard for 60 s"),
    ],
)
def test_a_parent_is_told_why_nothing_is_heard(mic_state: str, words: str) -> None:
    house = House()
    house.hear([QUIET] * 3)
    house.track.expect("s1", mic_state, house.now)
    house.let_pass(60)

    (notice,) = [notice for effects in house.effects for notice in effects.notices]
    assert notice.title == "nursery: not listening"
    assert notice.body.startswith(words)


def test_a_silent_microphone_is_told_of_while_its_windows_go_on_and_again_when_it_hears() -> None:
    house = House()
    house.hear([QUIET] * 3)
    house.track.expect("s1", "silent", house.now)
    house.let_pass(1)
    house.hear([QUIET] * 5, first=3)
    assert house.titles == ["nursery: not listening"]
    assert house.room_state() is RoomState.DEAF

    house.track.expect("s1", "listening", house.now)
    house.hear([QUIET], first=8)
    assert house.titles == ["nursery: not listening", "nursery: listening again"]
    assert house.room_state() is RoomState.QUIET
