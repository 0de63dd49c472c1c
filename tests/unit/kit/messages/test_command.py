"""The message on `tears:commands`."""

import pytest

from tears.kit.errors import MessageError
from tears.kit.messages import Command, CommandKind
from tears.kit.messages.command import LONGEST_SNOOZE_SECONDS, MOST_COMMAND_BYTES
from tears.v1 import command_pb2

SNOOZE = Command(
    command_id="c-1",
    issued_at_seconds=1_700_000_000.25,
    kind=CommandKind.SNOOZE,
    mic="nursery",
    snooze_seconds=1_800.0,
    sender="cli",
)


def test_a_command_survives_the_stream() -> None:
    assert Command.decode(SNOOZE.encode()) == SNOOZE
    acknowledge = Command(command_id="c-2", issued_at_seconds=0.0, kind=CommandKind.ACKNOWLEDGE, episode_id="e")
    assert Command.decode(acknowledge.encode()) == acknowledge


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"command_id": ""}, "id or sender"),
        ({"command_id": "a b"}, "id or sender"),
        ({"command_id": "x" * 65}, "id or sender"),
        ({"command_id": "a\n"}, "id or sender"),
        ({"sender": "a\nb"}, "id or sender"),
        ({"kind": 0}, "not a valid CommandKind"),
        ({"kind": 99}, "not a valid CommandKind"),
        ({"mic": ""}, "names no room"),
        ({"mic": "", "kind": CommandKind.TEST_RECEIVER.value}, "names no receiver"),
        ({"mic": "", "kind": CommandKind.TEST_RECEIVER.value, "receiver": "a\nb"}, "names no receiver"),
        ({"snooze_seconds": 599.0}, "a snooze of 599 s; choose 600 to 14400"),
        ({"snooze_seconds": LONGEST_SNOOZE_SECONDS + 1}, "a snooze of 14401 s"),
        ({"snooze_seconds": float("nan")}, "a snooze of nan s"),
        ({"snooze_seconds": float("inf")}, "a snooze of inf s"),
        ({"snooze_seconds": -1.0}, "a snooze of -1 s"),
        ({"mic": "m" * MOST_COMMAND_BYTES}, "are enough for any"),
    ],
)
def test_a_command_that_cannot_be_obeyed_is_refused_with_the_reason(fields: dict[str, object], words: str) -> None:
    message = command_pb2.Command.FromString(SNOOZE.encode())
    for name, value in fields.items():
        setattr(message, name, value)
    with pytest.raises(MessageError, match=words):
        Command.decode(message.SerializeToString())


def test_bytes_that_are_no_command_are_refused() -> None:
    for body in (b"", b"\xff\xff", b'{"command": "snooze"}'):
        with pytest.raises(MessageError):
            Command.decode(body)
