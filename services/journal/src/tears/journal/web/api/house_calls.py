"""The calls about the rooms of now, and about who may come in."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tears.journal.access.house_access import HouseAccess
from tears.journal.access.records import AccessToken, HouseSession
from tears.journal.access.role import Role
from tears.journal.live.room_commands import SNOOZE_MINUTES, RoomWish, WishOutcome, ask_for_room
from tears.journal.live.room_now import RoomNow
from tears.journal.parts import JournalParts
from tears.journal.web.api.api_call import ApiCall, ApiRequest, NoFields
from tears.journal.web.errors import NotNowError, NotThereError

Bare = ApiRequest[NoFields, NoFields]


class GivenWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for a room; `minutes` is for a snooze."""

    wish: RoomWish
    minutes: Annotated[int, Meta(ge=SNOOZE_MINUTES[0], le=SNOOZE_MINUTES[-1])] = 60


class WishAnswer(msgspec.Struct, frozen=True):
    """What became of it."""

    outcome: WishOutcome


class GivenToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that gets a token."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    role: Literal["guest", "parent"] = "guest"


class MadeToken(msgspec.Struct, frozen=True):
    """A token, which is shown this once, and what is kept of it."""

    secret: str
    token: AccessToken


class HouseCalls:
    """What a program may ask about now, and about who may come in; `parts` must have `access`."""

    def __init__(self, parts: JournalParts, access: HouseAccess) -> None:
        self._parts = parts
        self._access = access

    def calls(self) -> Sequence[ApiCall[Any, Any]]:
        """Return the calls."""
        parent = Role.PARENT
        return [
            ApiCall("GET", "/rooms", "List the rooms as they are now.", self.rooms, list[RoomNow]),
            ApiCall("GET", "/rooms/{room}", "Return a room as it is now.", self.room, RoomNow),
            ApiCall(
                "POST",
                "/rooms/{room}/wish",
                "Acknowledge, snooze, hold or resume.",
                self.wish,
                WishAnswer,
                takes=GivenWish,
                role=parent,
            ),
            ApiCall("GET", "/sessions", "List the browsers.", self.sessions, list[HouseSession], role=parent),
            ApiCall("DELETE", "/sessions/{id}", "Log a browser out.", self.end_session, role=parent),
            ApiCall("GET", "/tokens", "List the programs.", self.tokens, list[AccessToken], role=parent),
            ApiCall("POST", "/tokens", "Make a token.", self.make_token, MadeToken, takes=GivenToken, role=parent),
            ApiCall("DELETE", "/tokens/{id}", "End a token.", self.end_token, role=parent),
        ]

    def rooms(self, _asked: Bare) -> list[RoomNow]:
        """Return the rooms, by name."""
        if self._parts.live is None:
            return []
        found: list[RoomNow] = self._parts.live.rooms.all()
        return found

    def room(self, asked: Bare) -> RoomNow:
        """Return one room."""
        found = next((one for one in self.rooms(asked) if one.mic == asked.path["room"]), None)
        if found is None:
            raise NotThereError("There is no such room.")
        return found

    def wish(self, asked: ApiRequest[NoFields, GivenWish]) -> WishAnswer:
        """Ask the alerter, and return what it has answered."""
        if self._parts.redis is None:
            raise NotNowError("Redis is away, so nothing can be asked of the alerter.")
        given = asked.body
        # The name of a room that nobody knows is answered by the alerter.
        return WishAnswer(
            ask_for_room(self._parts.redis, asked.path["room"], given.wish, minutes=given.minutes, sender=asked.made_by)
        )

    def sessions(self, _asked: Bare) -> list[HouseSession]:
        """Return who has logged in."""
        return self._access.sessions.list_all()

    def end_session(self, asked: Bare) -> None:
        """Log a browser out."""
        if not self._access.sessions.end(asked.path["id"]):
            raise NotThereError("There is no such browser.")

    def tokens(self, _asked: Bare) -> list[AccessToken]:
        """Return the programs that have a token."""
        return self._access.tokens()

    def make_token(self, asked: ApiRequest[NoFields, GivenToken]) -> MadeToken:
        """Make a token."""
        return MadeToken(*self._access.make_token(asked.body.name, Role(asked.body.role)))

    def end_token(self, asked: Bare) -> None:
        """End a token."""
        if not self._access.end_token(asked.path["id"]):
            raise NotThereError("There is no such token.")
