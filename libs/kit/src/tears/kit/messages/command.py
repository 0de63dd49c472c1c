"""What somebody in the house asks of the alerter."""

import enum
import re
from dataclasses import dataclass
from typing import Self

from tears.kit.errors import MessageError
from tears.kit.messages import wire
from tears.v1 import command_pb2

# The lengths of a snooze that are accepted: from 10 min to 4 h.
SHORTEST_SNOOZE_SECONDS = 600.0
LONGEST_SNOOZE_SECONDS = 14_400.0
# No command of ours comes near this size.
MOST_COMMAND_BYTES = 4_096
# It becomes part of a key in Redis and of a log line.
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
# As in the file of receivers.
_RECEIVER = re.compile(r"[^\x00-\x1f\x7f]{1,80}\Z")
_LEVEL = re.compile(r"[a-z]{1,16}\Z")
_SENDER = re.compile(r"[A-Za-z0-9_.-]{0,64}\Z")


class CommandKind(enum.Enum):
    """The kinds of commands."""

    ACKNOWLEDGE = command_pb2.Command.KIND_ACKNOWLEDGE
    SNOOZE = command_pb2.Command.KIND_SNOOZE
    HOLD = command_pb2.Command.KIND_HOLD
    RESUME = command_pb2.Command.KIND_RESUME
    TEST_RECEIVER = command_pb2.Command.KIND_TEST_RECEIVER
    CHECK_RECEIVERS = command_pb2.Command.KIND_CHECK_RECEIVERS
    SENSITIVITY = command_pb2.Command.KIND_SENSITIVITY


# These are about no room. They are obeyed apart from the others, because a receiver may take its time.
ABOUT_RECEIVERS = frozenset({CommandKind.TEST_RECEIVER, CommandKind.CHECK_RECEIVERS})


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command as it stands on `tears:commands`.

    Attributes:
        command_id: new for each command; a repeat has the same.
        issued_at_seconds: the clock of Redis when it was given.
        mic: the room's microphone; empty only for ABOUT_RECEIVERS, and for ACKNOWLEDGE, which then means all rooms, or
            `episode_id`.
        episode_id: for ACKNOWLEDGE; empty means whatever is open now.
        snooze_seconds: for SNOOZE.
        sender: what gave the command, for the log.
        receiver: for TEST_RECEIVER: its name in the file of receivers.
        sensitivity: for SENSITIVITY: the name of a level.
    """

    command_id: str
    issued_at_seconds: float
    kind: CommandKind
    mic: str = ""
    episode_id: str = ""
    snooze_seconds: float = 0.0
    sender: str = ""
    receiver: str = ""
    sensitivity: str = ""

    def encode(self) -> bytes:
        """Return the bytes for `tears:commands`."""
        return command_pb2.Command(
            command_id=self.command_id,
            issued_at=wire.timestamp(self.issued_at_seconds),
            kind=self.kind.value,
            mic=self.mic,
            episode_id=self.episode_id,
            snooze_seconds=self.snooze_seconds,
            sender=self.sender,
            receiver=self.receiver,
            sensitivity=self.sensitivity,
        ).SerializeToString()

    @staticmethod
    def id_in(body: bytes) -> str:
        """Return the id of a command that `decode` refuses, so that it can be answered; empty if there is none."""
        if len(body) > MOST_COMMAND_BYTES:
            return ""
        try:
            message = wire.parse(command_pb2.Command, body)
        except MessageError:
            return ""
        return message.command_id if _ID.match(message.command_id) else ""

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Parse the bytes; raise MessageError if they are not a command that can be obeyed."""
        if len(body) > MOST_COMMAND_BYTES:
            raise MessageError(f"a Command of {len(body)} bytes; {MOST_COMMAND_BYTES} are enough for any")
        message = wire.parse(command_pb2.Command, body)
        if not _ID.match(message.command_id) or not _SENDER.match(message.sender):
            raise MessageError("a Command whose id or sender is not a word of up to 64 letters, digits, _, . and -")
        try:
            kind = CommandKind(message.kind)
        except ValueError as error:
            raise MessageError(f"command {message.command_id}: {error}") from error
        if not message.mic and kind not in {CommandKind.ACKNOWLEDGE, *ABOUT_RECEIVERS}:
            raise MessageError(f"command {message.command_id} names no room")
        if kind is CommandKind.TEST_RECEIVER and not _RECEIVER.match(message.receiver):
            raise MessageError(f"command {message.command_id} names no receiver")
        if kind is CommandKind.SENSITIVITY and not _LEVEL.match(message.sensitivity):
            raise MessageError(f"command {message.command_id} names no level of sensitivity")
        is_snooze_fit = SHORTEST_SNOOZE_SECONDS <= message.snooze_seconds <= LONGEST_SNOOZE_SECONDS
        if kind is CommandKind.SNOOZE and not is_snooze_fit:
            raise MessageError(
                f"command {message.command_id}: a snooze of {message.snooze_seconds:g} s; "
                f"choose {SHORTEST_SNOOZE_SECONDS:g} to {LONGEST_SNOOZE_SECONDS:g}"
            )
        return cls(
            command_id=message.command_id,
            issued_at_seconds=wire.wall_seconds(message.issued_at),
            kind=kind,
            mic=message.mic,
            episode_id=message.episode_id,
            snooze_seconds=message.snooze_seconds,
            sender=message.sender,
            receiver=message.receiver,
            sensitivity=message.sensitivity,
        )
