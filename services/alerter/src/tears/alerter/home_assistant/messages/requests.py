"""What Home Assistant asks for by a switch or a button: the message that came, as a value. No I/O."""

import enum
from dataclasses import dataclass

from tears.alerter.home_assistant.messages.topics import Topics
from tears.kit.messages import CommandKind
from tears.kit.messages.command import LONGEST_SNOOZE_SECONDS, SHORTEST_SNOOZE_SECONDS

# More than any message that means something to us.
_MOST_BYTES = 50


class RequestOutcome(enum.StrEnum):
    """The fate of a message that asks for something."""

    SENT = "sent"
    # The broker kept it from an earlier time, so nobody asks for it now.
    RETAINED = "retained"
    MALFORMED = "malformed"
    UNKNOWN_ROOM = "unknown_room"
    # Redis did not take it.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BrokerMessage:
    """A message from the broker; `is_retained` means that it was written before we asked for it."""

    topic: str
    payload: bytes
    is_retained: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for, and for which room; `snooze_seconds` is for a snooze."""

    kind: CommandKind
    mic: str
    snooze_seconds: float = 0.0


def read_wish(
    message: BrokerMessage, topics: Topics, mics: dict[str, str], snooze_seconds: float
) -> Wish | RequestOutcome:
    """Return what a message asks for, or why it is not heeded.

    `mics` has the microphones of the rooms that are shown, by their names in topics. `snooze_seconds` is for a snooze
    that does not say how long.
    """
    if message.is_retained:
        return RequestOutcome.RETAINED
    name = topics.name_in(message.topic)
    if name not in mics:
        return RequestOutcome.UNKNOWN_ROOM
    if message.topic == topics.acknowledge(name):
        return Wish(CommandKind.ACKNOWLEDGE, mics[name])
    return _read_snooze(message.payload, mics[name], snooze_seconds)


def _read_snooze(payload: bytes, mic: str, snooze_seconds: float) -> Wish | RequestOutcome:
    """Read ON, OFF, or a number of minutes from 10 to 240."""
    text = payload[:_MOST_BYTES].decode(errors="replace").strip().upper()
    if text == "OFF":
        return Wish(CommandKind.RESUME, mic)
    asked_seconds = 60.0 * int(text) if text.isascii() and text.isdigit() else 0.0
    seconds = snooze_seconds if text == "ON" else asked_seconds
    is_fit = SHORTEST_SNOOZE_SECONDS <= seconds <= LONGEST_SNOOZE_SECONDS
    return Wish(CommandKind.SNOOZE, mic, seconds) if is_fit else RequestOutcome.MALFORMED
