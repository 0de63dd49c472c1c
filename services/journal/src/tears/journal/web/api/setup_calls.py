"""The calls about who gets the alerts."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.setup.receiver_commands import ReceiverTest
from tears.journal.setup.receivers_edit import ReceiverChange
from tears.journal.setup.receivers_file import ReceiversNow
from tears.journal.web.api.api_call import ApiCall, ApiRequest, NoFields
from tears.journal.web.setup.receiver_pages import setup_of

_Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+\Z")]


class GivenReceiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A receiver as a program adds it; `seen` stands for the list that the program has seen."""

    seen: str
    name: _Name
    url: Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"^\S+\Z")]
    hours: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    repeat_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 0


class ReceiverName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A receiver that a program names; `seen` is needed only to remove it."""

    name: _Name
    seen: str = ""


class SetupCalls:
    """What a program may ask about receivers, and change in them. The alerter checks each change first."""

    def __init__(self, parts: JournalParts) -> None:
        self._parts = parts

    def calls(self) -> Sequence[ApiCall[Any, Any]]:
        """Return the calls."""
        parent = Role.PARENT
        named = ReceiverName
        return [
            ApiCall("GET", "/receivers", "List who gets the alerts.", self.receivers, ReceiversNow, role=parent),
            ApiCall("POST", "/receivers", "Add a receiver.", self.add, ReceiversNow, takes=GivenReceiver, role=parent),
            ApiCall(
                "POST", "/receivers/remove", "Remove a receiver.", self.remove, ReceiversNow, takes=named, role=parent
            ),
            ApiCall("POST", "/receivers/test", "Send a test.", self.test, ReceiverTest, takes=named, role=parent),
        ]

    def receivers(self, _asked: ApiRequest[NoFields, NoFields]) -> ReceiversNow:
        """Return the receivers, without their URLs."""
        return setup_of(self._parts).require_receivers().read()

    def add(self, asked: ApiRequest[NoFields, GivenReceiver]) -> ReceiversNow:
        """Add a receiver, and return the new list."""
        given = asked.body
        change = ReceiverChange(name=given.name, url=given.url, hours=given.hours, repeat_seconds=given.repeat_seconds)
        file = setup_of(self._parts).require_receivers()
        file.add(change, given.seen)
        return file.read()

    def remove(self, asked: ApiRequest[NoFields, ReceiverName]) -> ReceiversNow:
        """Remove a receiver, and return the new list."""
        file = setup_of(self._parts).require_receivers()
        file.remove(asked.body.name, asked.body.seen)
        return file.read()

    def test(self, asked: ApiRequest[NoFields, ReceiverName]) -> ReceiverTest:
        """Send a test, as loud as an alert; the answer takes up to a minute."""
        return setup_of(self._parts).test(asked.body.name)
