"""The routes of what is heard now: the page Now, its events, the sound of a room, and what a parent asks for."""

from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.live import LiveHouse
from tears.journal.live.room_commands import SNOOZE_MINUTES, RoomWish, WishOutcome, ask_for_room
from tears.journal.parts import JournalParts
from tears.journal.web.errors import NotThereError, WebError
from tears.journal.web.forms import checked_form
from tears.journal.web.guards import is_still_let_in, require, visitor_of
from tears.journal.web.live.endless_responses import EventResponse, SoundResponse
from tears.journal.web.live.room_words import RoomOnPage, rooms_on_page
from tears.journal.web.live.wish_words import WishOnPage, wish_on_page
from tears.journal.web.rendering import render, words_for

_LONGEST_MINUTES = 5


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    if parts.live is None:
        return []
    pages = _LivePages(parts, parts.live)
    return [
        Route("/", require(Role.GUEST)(pages.now)),
        Route("/live/events", require(Role.GUEST)(pages.events)),
        Route("/live/{mic}/sound.mp3", require(Role.GUEST)(pages.sound)),
        Route("/rooms/{mic}/{wish}", require(Role.GUEST)(pages.lead_to_now)),
        Route("/rooms/{mic}/{wish}", require(Role.PARENT)(pages.ask), methods=["POST"]),
    ]


class _LivePages:
    """The endpoints."""

    def __init__(self, parts: JournalParts, live: LiveHouse) -> None:
        self._parts = parts
        self._live = live

    async def now(self, request: Request) -> Response:
        """Return the page Now; after a form it says what became of it."""
        return render(
            request,
            "now.html",
            rooms=self._rooms(request),
            said=_said(request, self._parts.name_of),
            snooze_minutes=SNOOZE_MINUTES,
            made_at=self._parts.clock.wall_seconds(),
        )

    async def events(self, request: Request) -> Response:
        """Send the rooms as they are now, at once and then each second, as server-sent events."""
        return EventResponse(lambda: self._rooms(request), self._live.metrics.watchers, is_still_let_in(request))

    async def sound(self, request: Request) -> Response:
        """Send the sound of a room from now on, as MP3."""
        return SoundResponse(self._mic(request), self._live.sound, is_still_let_in(request))

    async def ask(self, request: Request) -> Response:
        """Ask the alerter for what a form says, and show the page again; or answer its script with JSON."""
        mic = self._mic(request)
        try:
            wish = RoomWish(request.path_params["wish"])
        except ValueError:
            raise NotThereError(f"A room can be asked for {', '.join(RoomWish)}.") from None
        form = await checked_form(request)
        minutes = _minutes(str(form.get("minutes", SNOOZE_MINUTES[0])))
        if self._parts.redis is None:
            outcome = WishOutcome.NO_REDIS
        else:
            outcome = await run_in_threadpool(
                ask_for_room, self._parts.redis, mic, wish, minutes=minutes, sender="journal"
            )
        if "application/json" in request.headers.get("accept", ""):
            said = msgspec.json.encode(wish_on_page(mic, wish, outcome, words_for(request), self._parts.name_of))
            return Response(said, media_type="application/json")
        query = urlencode({"room": mic, "wish": wish, "outcome": outcome})
        return RedirectResponse(f"{visitor_of(request).prefix}/?{query}", status_code=303)

    async def lead_to_now(self, request: Request) -> Response:
        """Lead a browser to the page of the forms whose address it asks for."""
        return RedirectResponse(f"{visitor_of(request).prefix}/", status_code=303)

    def _rooms(self, request: Request) -> list[RoomOnPage]:
        return rooms_on_page(self._live.rooms.all(), words_for(request), self._parts.clock.wall_seconds())

    def _mic(self, request: Request) -> str:
        mic: str = request.path_params["mic"]
        if self._live.rooms.room(mic) is None:
            raise NotThereError("There is no such room.")
        return mic


def _minutes(text: str) -> int:
    if len(text) <= _LONGEST_MINUTES and text.isascii() and text.isdigit():
        minutes = int(text)
        if SNOOZE_MINUTES[0] <= minutes <= SNOOZE_MINUTES[-1]:
            return minutes
    raise WebError(f"A snooze lasts {SNOOZE_MINUTES[0]} to {SNOOZE_MINUTES[-1]} minutes.")


def _said(request: Request, name_of: Callable[[str], str]) -> WishOnPage | None:
    """Return what the page says after a form; what an address holds that nobody of ours has made says nothing."""
    query = request.query_params
    try:
        wish, outcome = RoomWish(query.get("wish", "")), WishOutcome(query.get("outcome", ""))
    except ValueError:
        return None
    return wish_on_page(query.get("room", ""), wish, outcome, words_for(request), name_of)
