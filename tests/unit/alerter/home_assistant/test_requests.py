import pytest

from tears.alerter.home_assistant.messages.requests import BrokerMessage, RequestOutcome, Wish, read_wish
from tears.alerter.home_assistant.messages.topics import Topics
from tears.kit.messages import CommandKind

TOPICS = Topics("tears", "homeassistant")
MICS = {"nursery": "nursery", "a_x002E_b": "a.b"}


def read(topic: str, payload: bytes, *, is_retained: bool = False) -> Wish | RequestOutcome:
    return read_wish(BrokerMessage(topic, payload, is_retained), TOPICS, MICS, snooze_seconds=1_800.0)


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        (b"ON", Wish(CommandKind.SNOOZE, "nursery", 1_800.0)),
        (b" on\n", Wish(CommandKind.SNOOZE, "nursery", 1_800.0)),
        (b"OFF", Wish(CommandKind.RESUME, "nursery")),
        (b"10", Wish(CommandKind.SNOOZE, "nursery", 600.0)),
        (b"240", Wish(CommandKind.SNOOZE, "nursery", 14_400.0)),
    ],
)
def test_a_switch_takes_on_off_and_minutes(payload: bytes, wish: Wish) -> None:
    assert read("tears/nursery/snooze/set", payload) == wish


@pytest.mark.parametrize(
    "payload",
    [b"", b"9", b"241", b"-10", b"1e2", b"10.5", b"maybe", b"\xff\xfe", "\u0663\u0660".encode(), b"1" * 9_999],
)
def test_a_switch_takes_nothing_else(payload: bytes) -> None:
    assert read("tears/nursery/snooze/set", payload) is RequestOutcome.MALFORMED


def test_a_button_takes_anything_and_finds_the_room() -> None:
    assert read("tears/a_x002E_b/acknowledge/set", b"PRESS") == Wish(CommandKind.ACKNOWLEDGE, "a.b")


def test_what_the_broker_kept_and_what_names_no_room_is_not_heeded() -> None:
    assert read("tears/nursery/snooze/set", b"ON", is_retained=True) is RequestOutcome.RETAINED
    assert read("tears/attic/snooze/set", b"ON") is RequestOutcome.UNKNOWN_ROOM
