"""The calls about who may come in."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tears.journal.access.house_access import HouseAccess
from tears.journal.access.records import AccessToken, HouseSession
from tears.journal.access.role import Role
from tears.journal.web.api.api_call import ApiCall, ApiRequest, NoFields
from tears.journal.web.errors import NotThereError

Bare = ApiRequest[NoFields, NoFields]


class GivenToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that gets a token."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    password: Annotated[str, Meta(max_length=200, description="The parents' password.")]
    role: Literal["guest", "parent"] = "guest"


class MadeToken(msgspec.Struct, frozen=True):
    """A token, which is shown this once, and what is kept of it."""

    secret: str
    token: AccessToken


class AccessCalls:
    """What a program may ask about who may come in, and change in that."""

    def __init__(self, access: HouseAccess) -> None:
        self._access = access

    def calls(self) -> Sequence[ApiCall[Any, Any]]:
        """Return the calls."""
        parent = Role.PARENT
        return [
            ApiCall("GET", "/sessions", "List the browsers.", self.sessions, list[HouseSession], role=parent),
            ApiCall("DELETE", "/sessions/{id}", "Log a browser out.", self.end_session, role=parent),
            ApiCall("GET", "/tokens", "List the programs.", self.tokens, list[AccessToken], role=parent),
            ApiCall("POST", "/tokens", "Make a token.", self.make_token, MadeToken, takes=GivenToken, role=parent),
            ApiCall("DELETE", "/tokens/{id}", "End a token.", self.end_token, role=parent),
        ]

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
        """Make a token for who knows the parents' password: it may outlive the token or the login that asks."""
        self._access.confirm_parent(asked.body.password, address=asked.client)
        return MadeToken(*self._access.make_token(asked.body.name, Role(asked.body.role)))

    def end_token(self, asked: Bare) -> None:
        """End a token."""
        if not self._access.end_token(asked.path["id"]):
            raise NotThereError("There is no such token.")
