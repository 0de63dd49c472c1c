"""What the top of every page says of the house: whether Tears listens. No I/O: values in, words out."""

from collections.abc import Collection
from typing import NamedTuple

from tears.journal.live.room_now import RoomCondition, RoomNow
from tears.journal.web.words.page_words import PageWords

# The first one that is true of a room is what a parent must know. A room that is switched off says nothing.
_BY_URGENCY = (RoomCondition.NOT_LISTENING, RoomCondition.CRYING, RoomCondition.STARTING, RoomCondition.QUIET)
_DOT_KINDS = {RoomCondition.NOT_LISTENING: "warn", RoomCondition.CRYING: "cry", RoomCondition.QUIET: "good"}


class HouseDot(NamedTuple):
    """A dot and the words beside it; `kind` is its class in the style sheet: good, cry, warn, or none."""

    kind: str
    words: str


def house_dot(rooms: Collection[RoomNow], words: PageWords) -> HouseDot | None:
    """Return the most urgent of what is true of the rooms; None if nobody is meant to listen to any."""
    found = {room.condition for room in rooms}
    for condition in _BY_URGENCY:
        if condition in found:
            names = ", ".join(room.room_name for room in rooms if room.condition is condition)
            return HouseDot(_DOT_KINDS.get(condition, ""), _sentence(condition, names, words))
    return None


def _sentence(condition: RoomCondition, names: str, words: PageWords) -> str:
    match condition:
        case RoomCondition.NOT_LISTENING:
            return words.say("Not listening: {rooms}", rooms=names)
        case RoomCondition.CRYING:
            return words.say("Crying: {rooms}", rooms=names)
        case RoomCondition.STARTING:
            return words.say("Starting")
        case _:
            return words.say("Listening")
