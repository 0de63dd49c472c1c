"""A parent chooses how readily a room alerts, on a real Redis, round by round."""

import pytest
from support.alerter.alerter_runs import AlerterRuns
from support.alerter.crying_room import CryingRoom

from tears.kit.messages import CommandKind

# Between what opens an episode at the level `high` and by the settings of these tests.
FAINT = 0.45


@pytest.fixture
def room(runs: AlerterRuns) -> CryingRoom:
    return CryingRoom(runs)


def test_a_high_sensitivity_alerts_to_faint_crying(room: CryingRoom) -> None:
    room.hear(FAINT, 30)
    assert room.kinds() == []
    room.obey(CommandKind.SENSITIVITY, sensitivity="high")
    assert room.shown().open_threshold == 0.38
    room.hear(FAINT, 30)
    assert room.kinds() == ["crying"]


def test_a_low_sensitivity_goes_on_after_a_restart(room: CryingRoom) -> None:
    room.obey(CommandKind.SENSITIVITY, sensitivity="low")
    room.restart()
    assert room.shown().open_threshold == 0.63
    room.hear(0.6, 30)
    assert room.kinds() == []


def test_a_change_while_the_baby_cries_closes_nothing_and_tells_nothing_twice(room: CryingRoom) -> None:
    room.cry()
    room.obey(CommandKind.SENSITIVITY, sensitivity="low")
    room.cry()
    assert room.kinds() == ["crying"]


def test_other_rooms_keep_their_sensitivity(room: CryingRoom) -> None:
    room.hear(0.0, 50, also="attic")
    usual = room.shown().open_threshold
    room.obey(CommandKind.SENSITIVITY, mic="attic", sensitivity="high")
    assert room.shown().open_threshold == usual


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"mic": "nursery", "sensitivity": "highest"}, "unknown"),
        ({"mic": "nursery", "sensitivity": "HIGH"}, "malformed"),
        ({"mic": "nursery"}, "malformed"),
        ({"sensitivity": "high"}, "malformed"),
        ({"mic": "cellar", "sensitivity": "high"}, "unknown"),
    ],
)
def test_a_choice_that_makes_no_sense_changes_nothing(room: CryingRoom, fields: dict[str, str], outcome: str) -> None:
    usual = room.shown().open_threshold
    answer = room.give(CommandKind.SENSITIVITY, **fields)
    assert answer is not None
    assert answer.outcome == outcome
    assert room.shown().open_threshold == usual


def test_the_level_that_is_in_use_already_needs_no_change(room: CryingRoom) -> None:
    room.obey(CommandKind.SENSITIVITY, sensitivity="high")
    answer = room.give(CommandKind.SENSITIVITY, mic="nursery", sensitivity="high")
    assert answer is not None
    assert (answer.outcome, answer.words) == ("needless", "the sensitivity of nursery is high")
