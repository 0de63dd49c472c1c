"""What is shown of a room: it is listened to only if crying in it would be noticed now."""

from collections.abc import Collection

import pytest
from support.alerter.monitored_room import LOUD, QUIET, MonitoredRoom

from tears.alerter.commands.house import House
from tears.alerter.commands.stored_house import StoredHouse
from tears.alerter.home_assistant.house_feed import room_view
from tears.alerter.home_assistant.messages.shown_house import ShownRoom
from tears.alerter.notices.kinds import ListeningFault
from tears.alerter.proof.house_faults import Trouble
from tears.kit.messages import Command, CommandKind
from tears.kit.registry.mic_state import UNHEARING, MicState


def shown(room: MonitoredRoom, house: House | None = None, troubles: Collection[Trouble] = ()) -> ShownRoom | None:
    return room_view(room.monitor, house or House(StoredHouse(), room.now, ""), troubles)


def view(room: MonitoredRoom) -> ShownRoom:
    found = shown(room)
    assert found is not None
    return found


def test_a_room_of_which_nothing_is_known_is_not_shown() -> None:
    assert shown(MonitoredRoom()) is None


def test_quiet_crying_and_deafness() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    assert (view(room).is_listening, view(room).open_episode_id) == (True, "")
    room.receive_scores([LOUD] * 8, first=3)
    assert view(room).is_listening
    assert view(room).open_episode_id == room.openings[0].episode_id
    room.let_pass(70)
    assert (view(room).is_listening, view(room).has_problem) == (False, True)


def test_after_a_restart_a_room_is_not_listened_to_until_its_first_score() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.restart()
    assert (view(room).is_listening, view(room).has_problem) == (False, False)
    room.receive_scores([None], first=3)
    assert not view(room).is_listening
    room.receive_scores([QUIET], first=4)
    assert view(room).is_listening


@pytest.mark.parametrize("mic_state", sorted(UNHEARING))
def test_a_microphone_that_gives_no_sound_is_not_listened_to_although_nobody_was_warned_yet(
    mic_state: MicState,
) -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.monitor.update_registration("s1", mic_state, room.now)
    assert (view(room).is_listening, view(room).has_problem, view(room).mic_state) == (False, False, mic_state)


def test_a_recorder_that_was_stopped_leaves_its_room_unavailable_and_a_retired_room_is_not_shown() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    room.end(3)
    assert (view(room).is_listening, view(room).has_problem) == (False, False)
    room.monitor.update_registration("s1", MicState.RETIRED, room.now)
    assert shown(room) is None
    room.monitor.update_registration("s2", MicState.LISTENING, room.now)
    assert shown(room) is not None


def test_a_snooze_a_hold_and_an_acknowledgement_are_shown() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3 + [LOUD] * 8)
    house = House(StoredHouse(), room.now, "")
    found = shown(room, house)
    assert found is not None
    assert (found.is_acknowledged, found.is_snoozed, found.snoozed_until_seconds) == (False, False, None)
    for number, (kind, seconds) in enumerate([(CommandKind.ACKNOWLEDGE, 0.0), (CommandKind.SNOOZE, 600.0)]):
        command = Command(
            command_id=str(number), issued_at_seconds=0.0, kind=kind, mic="nursery", snooze_seconds=seconds
        )
        house.take(command, {"nursery": room.monitor.state}, room.now)
    found = shown(room, house)
    assert found is not None
    assert (found.is_acknowledged, found.is_snoozed) == (True, True)
    assert found.snoozed_until_seconds == room.wall_seconds + 600.0
    hold = Command(command_id="h", issued_at_seconds=0.0, kind=CommandKind.HOLD, mic="nursery")
    house.take(hold, {"nursery": room.monitor.state}, room.now)
    found = shown(room, house)
    assert found is not None
    assert (found.is_snoozed, found.snoozed_until_seconds) == (True, None)


def test_if_the_house_does_not_hear_its_self_test_no_room_is_listened_to() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    found = shown(room, troubles=[Trouble(ListeningFault.SELF_TEST)])
    assert found is not None
    assert (found.is_listening, found.has_problem) == (False, True)


def test_sound_that_is_cut_off_is_a_problem_of_its_room_which_still_listens() -> None:
    room = MonitoredRoom()
    room.receive_scores([QUIET] * 3)
    for mic, has_problem in (("nursery", True), ("attic", False)):
        found = shown(room, troubles=[Trouble(ListeningFault.CLIPPING, mic), Trouble(ListeningFault.RECEIVER, "mum")])
        assert found is not None
        assert (found.is_listening, found.has_problem) == (True, has_problem)
