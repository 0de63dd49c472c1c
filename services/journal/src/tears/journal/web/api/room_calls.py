"""The calls about the rooms as they are now."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tears.journal.access.role import Role
from tears.journal.live.room_commands import SNOOZE_MINUTES, RoomWish, WishOutcome, ask_for_room
from tears.journal.live.room_now import RoomNow
from tears.journal.parts import JournalParts
from tears.journal.web.api.api_call import ApiCall, ApiRequest, NoFields
from tears.journal.web.errors import NotThereError
from tears.journal.web.live.room_words import RoomOnPage, room_on_page, rooms_on_page
from tears.journal.web.live.wish_words import WishOnPage, wish_on_page
from tears.journal.web.setup.room_name import name_room
from tears.kit.registry.room_names import LONGEST_GIVEN_NAME


class GivenWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of the alerter for a room; `minutes` is for a snooze."""

    wish: RoomWish
    minutes: Annotated[int, Meta(ge=SNOOZE_MINUTES[0], le=SNOOZE_MINUTES[-1])] = 60


class GivenRoomName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name of a room for people; an empty one stands for the name that its microphone has."""

    name: Annotated[str, Meta(max_length=LONGEST_GIVEN_NAME)]


class RoomCalls:
    """What a program may ask about the rooms, and for them; without `live` there are none."""

    def __init__(self, parts: JournalParts) -> None:
        self._parts = parts

    def calls(self) -> Sequence[ApiCall[Any, Any]]:
        """Return the calls."""
        return [
            ApiCall("GET", "/rooms", "List the rooms as they are now.", self.rooms, list[RoomOnPage]),
            ApiCall("GET", "/rooms/{room}", "Return a room as it is now.", self.room, RoomOnPage),
            ApiCall(
                "PUT",
                "/rooms/{room}/name",
                "Give a room another name for people.",
                self.name,
                RoomOnPage,
                takes=GivenRoomName,
                role=Role.PARENT,
            ),
            ApiCall(
                "POST",
                "/rooms/{room}/wish",
                "Ask the alerter to acknowledge, snooze, hold or resume.",
                self.wish,
                WishOnPage,
                takes=GivenWish,
                role=Role.PARENT,
            ),
        ]

    def rooms(self, asked: ApiRequest[NoFields, NoFields]) -> list[RoomOnPage]:
        """Return the rooms, by name."""
        if self._parts.live is None:
            return []
        return rooms_on_page(self._parts.live.rooms.all(), asked.words, self._parts.clock.wall_seconds())

    def room(self, asked: ApiRequest[NoFields, Any]) -> RoomOnPage:
        """Return one room."""
        return room_on_page(self._found(asked.path["room"]), asked.words, self._parts.clock.wall_seconds())

    def name(self, asked: ApiRequest[NoFields, GivenRoomName]) -> RoomOnPage:
        """Name a room, and return it."""
        name_room(self._parts, self._found(asked.path["room"]).mic, asked.body.name)
        return self.room(asked)

    def wish(self, asked: ApiRequest[NoFields, GivenWish]) -> WishOnPage:
        """Ask the alerter, wait for its answer, and return that."""
        mic, given = self._found(asked.path["room"]).mic, asked.body
        outcome = WishOutcome.NO_REDIS
        if self._parts.redis is not None:
            outcome = ask_for_room(self._parts.redis, mic, given.wish, minutes=given.minutes, sender="journal")
        return wish_on_page(mic, given.wish, outcome, asked.words, self._parts.name_of)

    def _found(self, mic: str) -> RoomNow:
        found: RoomNow | None = None if self._parts.live is None else self._parts.live.rooms.room(mic)
        if found is None:
            raise NotThereError("There is no such room.")
        return found
