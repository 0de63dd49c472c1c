"""The alerter is killed between any two of its steps while it obeys a command, and while a snooze ends."""

import pytest
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom
from support.alerter.kills import Killed, kill_at

from tears.alerter.commands.command_desk import CommandDesk
from tears.alerter.commands.house import House
from tears.alerter.receivers.announcer import Announcer
from tears.alerter.redis_streams import EpisodeStream
from tears.alerter.rooms import Rooms
from tears.alerter.state import AlerterState
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import CommandKind

STEPS = [
    (Rooms, "end_silences"),
    (Announcer, "announce"),
    (Rooms, "send"),
    (House, "to_save"),
    (AlerterState, "commit"),
    (Rooms, "mark_saved"),
    (EpisodeStream, "show_rooms"),
    (CommandDesk, "answer"),
    (House, "mark_answered"),
]


def kill_in_next_round(room: CryingRoom, owner: type, step: str, *, after: bool) -> None:
    """Let the alerter die at a step, and start it again."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        kill_at(monkeypatch, owner, step, after=after)
        with pytest.raises(Killed):
            room.run.turn()
    room.restart()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "step"), [(CommandDesk, "obey_new"), (House, "take"), *STEPS])
def test_a_command_is_obeyed_once_and_answered(runs: AlerterRuns, owner: type, step: str, *, after: bool) -> None:
    room = CryingRoom(runs)
    room.cry()
    command = give_command(room.client, CommandKind.SNOOZE, sender="test", mic="nursery", snooze_seconds=600.0)
    kill_in_next_round(room, owner, step, after=after)
    answer = wait_for_answer(room.client, command.command_id, 0.0)
    assert answer is not None
    assert answer.outcome == "obeyed"
    ends_at = room.shown().snoozed_until_seconds
    assert ends_at == pytest.approx(runs.clock.wall_seconds() + 600.0)
    room.cry(300)
    room.restart()
    assert room.shown().snoozed_until_seconds == pytest.approx(ends_at)
    assert room.kinds() == ["crying"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "step"), [(House, "pass_time"), *STEPS])
def test_crying_that_goes_on_when_the_snooze_ends_is_told_once(
    runs: AlerterRuns, owner: type, step: str, *, after: bool
) -> None:
    room = CryingRoom(runs)
    room.obey(CommandKind.SNOOZE, mic="nursery", snooze_seconds=600.0)
    room.cry(590)
    assert room.kinds() == []
    runs.clock.advance(15.0)
    kill_in_next_round(room, owner, step, after=after)
    room.cry(120)
    assert room.kinds() == ["crying"]
    assert room.shown().snoozed_until_seconds == 0.0
