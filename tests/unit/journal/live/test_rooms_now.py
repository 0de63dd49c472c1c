"""What the page says of a room: it is quiet only while somebody really listens."""

import numpy as np
import pytest
from support.journal.spoken_room import SpokenRoom, live_house

from tears.journal.live import RoomsNow
from tears.journal.live.room_now import LISTENING_SECONDS, ListeningTrouble, RoomCondition, RoomNow
from tears.kit.clock import ManualClock
from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomState

SILENCE = np.zeros(48_000, np.int16)


class Nursery(SpokenRoom):
    """One room, the time of which the test moves."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.house = live_house(self.clock)
        super().__init__(self.house, self.clock)

    def look(self) -> RoomNow:
        room = self.house.rooms.room("nursery")
        assert room is not None
        return room

    def pass_time(self, seconds: float, *, sound: bool = True, scores: bool = True, alerter: bool = True) -> None:
        """Let time pass in which these stages do their work."""
        for _ in range(int(seconds)):
            self.clock.advance(1.0)
            if sound:
                self.speak(SILENCE)
            if scores:
                self.score(0.05)
            if not alerter:
                self._windows -= 1
            self.register()


@pytest.fixture
def nursery() -> Nursery:
    return Nursery()


def test_a_room_starts_and_is_quiet_when_the_alerter_has_judged_a_window(nursery: Nursery) -> None:
    nursery.register()
    assert nursery.look().condition is RoomCondition.STARTING
    nursery.pass_time(1)
    assert nursery.look().condition is RoomCondition.QUIET


def test_what_an_alerter_said_that_is_away_is_not_believed(nursery: Nursery) -> None:
    nursery.register()
    nursery.pass_time(LISTENING_SECONDS + 1, alerter=False)
    assert nursery.look().condition is RoomCondition.NOT_LISTENING
    assert nursery.look().trouble is ListeningTrouble.NO_ALERTER


@pytest.mark.parametrize(
    ("stages", "trouble"),
    [
        ({"sound": False, "scores": False, "alerter": False}, ListeningTrouble.NO_SOUND),
        ({"scores": False, "alerter": False}, ListeningTrouble.NO_SCORES),
        ({"alerter": False}, ListeningTrouble.NO_ALERTER),
    ],
)
def test_the_first_stage_that_gives_nothing_is_named(
    nursery: Nursery, stages: dict[str, bool], trouble: ListeningTrouble
) -> None:
    nursery.pass_time(5)
    assert nursery.look().condition is RoomCondition.QUIET
    nursery.pass_time(LISTENING_SECONDS - 2, **stages)
    assert nursery.look().condition is RoomCondition.QUIET
    nursery.pass_time(4, **stages)
    assert (nursery.look().condition, nursery.look().trouble) == (RoomCondition.NOT_LISTENING, trouble)
    nursery.pass_time(2)
    assert (nursery.look().condition, nursery.look().trouble) == (RoomCondition.QUIET, None)


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        (MicState.SILENT, ListeningTrouble.MIC_SILENT),
        (MicState.STALLED, ListeningTrouble.MIC_STALLED),
        (MicState.ABSENT, ListeningTrouble.MIC_ABSENT),
    ],
)
def test_a_microphone_that_hears_nothing_is_never_quiet(
    nursery: Nursery, state: MicState, trouble: ListeningTrouble
) -> None:
    nursery.pass_time(5)
    nursery.register(RoomState.QUIET, state)
    assert (nursery.look().condition, nursery.look().trouble) == (RoomCondition.NOT_LISTENING, trouble)


def test_a_microphone_is_absent_while_its_recorder_starts_and_that_is_no_trouble_yet(nursery: Nursery) -> None:
    new = nursery.mic_record(MicState.ABSENT, rate_hz=0)
    nursery.house.rooms.registered({"nursery": new}, {})
    assert nursery.look().condition is RoomCondition.STARTING
    for _ in range(int(LISTENING_SECONDS)):
        nursery.clock.advance(1.0)
        nursery.house.rooms.registered({"nursery": new}, {})
    assert nursery.look().trouble is ListeningTrouble.MIC_ABSENT


def test_a_deaf_room_says_why_as_far_as_that_is_known(nursery: Nursery) -> None:
    nursery.pass_time(5)
    nursery.clock.advance(LISTENING_SECONDS)
    nursery.register(RoomState.DEAF)
    assert (nursery.look().condition, nursery.look().trouble) == (
        RoomCondition.NOT_LISTENING,
        ListeningTrouble.NO_SOUND,
    )


def test_a_deaf_room_of_which_nothing_is_done_in_time_says_so(nursery: Nursery) -> None:
    nursery.pass_time(5)
    nursery.pass_time(LISTENING_SECONDS + 1, scores=False)
    nursery.register(RoomState.DEAF, is_overloaded=True)
    assert nursery.look().trouble is ListeningTrouble.OVERLOADED
    nursery.register(RoomState.DEAF)
    assert nursery.look().trouble is ListeningTrouble.NO_SCORES


@pytest.mark.parametrize("state", [MicState.STOPPED, MicState.ENDED])
def test_a_room_whose_recorder_was_stopped_is_off(nursery: Nursery, state: MicState) -> None:
    nursery.pass_time(5)
    nursery.register(RoomState.ENDED, state)
    assert (nursery.look().condition, nursery.look().trouble) == (RoomCondition.OFF, None)


def test_without_redis_no_room_is_quiet(nursery: Nursery) -> None:
    nursery.pass_time(5)
    nursery.clock.advance(11.0)
    assert not nursery.house.rooms.has_redis
    assert (nursery.look().condition, nursery.look().trouble) == (
        RoomCondition.NOT_LISTENING,
        ListeningTrouble.NO_REDIS,
    )
    assert nursery.look().level_dbfs is None


def test_crying_has_its_beginning_until_it_ends(nursery: Nursery) -> None:
    nursery.pass_time(5)
    nursery.begin_crying(1_700_000_000.0)
    nursery.register(RoomState.CRYING, is_acknowledged=True)
    assert nursery.look().condition is RoomCondition.CRYING
    assert (nursery.look().crying_since, nursery.look().episode_id) == (1_700_000_000.0, "episode-1")
    assert nursery.look().is_acknowledged
    nursery.end_crying(1_699_990_000.0, "an older one")
    assert nursery.look().episode_id == "episode-1"
    nursery.end_crying(1_700_000_000.0)
    nursery.register(RoomState.QUIET)
    assert (nursery.look().crying_since, nursery.look().episode_id) == (None, "")


def test_crying_that_began_before_the_room_was_known_has_its_beginning_too(nursery: Nursery) -> None:
    nursery.begin_crying(1_700_000_000.0)
    nursery.register(RoomState.CRYING)
    nursery.register(RoomState.CRYING)
    assert nursery.look().crying_since == 1_700_000_000.0


def test_level_and_score_are_shown_only_while_they_are_new(nursery: Nursery) -> None:
    nursery.register()
    nursery.speak(np.full(48_000, 3_277, np.int16))
    nursery.score(0.75)
    assert nursery.look().level_dbfs == pytest.approx(-20.0, abs=0.01)
    assert nursery.look().score == 0.75
    nursery.clock.advance(7.0)
    nursery.register()
    assert (nursery.look().level_dbfs, nursery.look().score) == (None, None)


def test_snoozes_and_holds_and_loud_microphones_are_shown(nursery: Nursery) -> None:
    nursery.register(RoomState.QUIET, MicState.CLIPPING, snoozed_until_seconds=1_700_000_600.0)
    assert (nursery.look().snoozed_until, nursery.look().is_held, nursery.look().is_clipping) == (
        1_700_000_600.0,
        False,
        True,
    )
    nursery.register(RoomState.QUIET, is_held=True)
    assert (nursery.look().snoozed_until, nursery.look().is_held, nursery.look().is_clipping) == (0.0, True, False)


def test_rooms_are_in_the_order_of_their_names_without_the_self_test_and_those_that_were_given_up() -> None:
    clock = ManualClock()
    rooms = RoomsNow(clock)

    def record(mic: str, state: MicState = MicState.LISTENING) -> MicRecord:
        return SpokenRoom(live_house(clock), clock, mic).mic_record(state)

    mics = ("b", "A", "K_x00FC_che", SELF_TEST_MIC)
    rooms.registered({**{mic: record(mic) for mic in mics}, "old": record("old", MicState.RETIRED)}, {})
    assert [room.room_name for room in rooms.all()] == ["A", "b", "Küche"]
    rooms.registered({"b": record("b")}, {})
    assert [room.mic for room in rooms.all()] == ["b"]
    assert rooms.room("A") is None
