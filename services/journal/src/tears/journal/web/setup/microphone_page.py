"""The page of one microphone: its level, a clap, and the last seconds to listen to."""

from http import HTTPStatus
from urllib.parse import quote

import redis
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.errors import RoomNameError
from tears.journal.parts import JournalParts
from tears.journal.setup.clap_check import ClapResult, ClapVerdict
from tears.journal.setup.house_setup import CLAP_SECONDS, TEST_SOUND_SECONDS
from tears.journal.web.errors import NotNowError, NotThereError
from tears.journal.web.guards import require
from tears.journal.web.live.room_words import RoomOnPage, room_on_page
from tears.journal.web.pages.posting import form_route, see
from tears.journal.web.rendering import render, words_for
from tears.journal.web.setup.clap_words import clap_words
from tears.journal.web.setup.overview import rooms_of
from tears.journal.web.setup.receiver_pages import setup_of
from tears.journal.web.setup.room_name import name_room


def microphone_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""

    @require(Role.GUEST)
    def show(request: Request) -> Response:
        """Show the page; with `clapped` in the query, also whether a clap was heard."""
        room = room_here(parts, request)
        found = clap_in(parts, room.mic) if "clapped" in request.query_params else None
        return _show(request, room, found)

    def name(request: Request, form: FormData) -> Response:
        """Give the room another name."""
        room = room_here(parts, request)
        try:
            name_room(parts, room.mic, str(form.get("name", "")))
        except RoomNameError as error:
            return _show(request, room, typed=str(form.get("name", "")), fault=error)
        return see(request, f"/setup/microphones/{quote(room.mic)}", done="named")

    @require(Role.GUEST)
    def sound(request: Request) -> Response:
        """Return the last seconds as a WAV file."""
        try:
            wav = setup_of(parts).sound(room_here(parts, request).mic)
        except redis.RedisError as error:
            raise NotNowError("Redis does not answer, so nothing can be heard.") from error
        if wav is None:
            raise NotThereError("This microphone has given no sound yet.")
        return Response(wav, media_type="audio/wav", headers={"Cache-Control": "no-store"})

    return [
        Route("/setup/microphones/{mic}", show),
        form_route("/setup/microphones/{mic}/name", name),
        Route("/setup/microphones/{mic}/sound.wav", sound),
    ]


def _show(
    request: Request,
    room: RoomOnPage,
    clap: ClapResult | None = None,
    *,
    typed: str | None = None,
    fault: RoomNameError | None = None,
) -> Response:
    return render(
        request,
        "microphone.html",
        status=HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK,
        room=room,
        clap=clap,
        clap_words=clap_words(clap, words_for(request)) if clap else "",
        seconds=TEST_SOUND_SECONDS,
        clap_seconds=CLAP_SECONDS,
        typed=typed,
        fault=fault,
        done=request.query_params.get("done", ""),
    )


def room_here(parts: JournalParts, request: Request) -> RoomOnPage:
    """Return the room that the path names; raise NotThereError if there is none."""
    return room_of(parts, request, request.path_params["mic"])


def room_of(parts: JournalParts, request: Request, mic: str) -> RoomOnPage:
    """Return a room by the name of its microphone; raise NotThereError if there is none."""
    found = next((room for room in rooms_of(parts) if room.mic == mic), None)
    if found is None:
        raise NotThereError("There is no such microphone. It may have been removed.")
    return room_on_page(found, words_for(request), parts.clock.wall_seconds())


def clap_in(parts: JournalParts, mic: str) -> ClapResult:
    """Return whether a clap was heard; what lies in Redis of a microphone that is gone does not count."""
    room = next((one for one in rooms_of(parts) if one.mic == mic), None)
    if room is None or room.level_dbfs is None:
        return ClapResult(ClapVerdict.NO_SOUND)
    try:
        return setup_of(parts).clap(mic)
    except redis.RedisError:
        return ClapResult(ClapVerdict.NO_SOUND)
