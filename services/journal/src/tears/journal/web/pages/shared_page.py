"""The page of one sound for whoever has its link, without a login; the link expires."""

import datetime as dt

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.house_links import SHARED_SECONDS
from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.errors import AllTakenError, NotNowError, NotThereError
from tears.journal.web.guards import require
from tears.journal.web.pages.posting import form_route, see
from tears.journal.web.pages.sound_page import FoundSound, find_sound, show_sound
from tears.journal.web.pages.sound_words import length_words
from tears.journal.web.rendering import render, words_for
from tears.kit.network.signed_link import LinkError

_SHARED_TYPES = {"mp3": "audio/mpeg", "png": "image/png"}
# Of the threads that serve all pages, those who need no login hold no more: an MP3 takes seconds on a Pi.
_MOST_SHARED_AT_ONCE = 2
# It must not be found by whoever searches the internet, and its address must not reach another site.
_SHARED_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


def shared_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    few_at_once = anyio.CapacityLimiter(_MOST_SHARED_AT_ONCE)

    def share(request: Request, _form: FormData) -> Response:
        """Lead to the page of a sound with a link to it."""
        return see(request, f"/episodes/{find_sound(parts.history, request.path_params['id']).sound.id}/share")

    @require(Role.PARENT)
    def show_link(request: Request) -> Response:
        """Show a sound with a link to it that is good for a week; links are signed, and stored nowhere."""
        found = find_sound(parts.history, request.path_params["id"])
        if parts.access is None:
            raise NotNowError("Links cannot be shared at present.")
        token = parts.access.links.share(found.sound.id)
        address = f"{request.base_url}shared/{token}"
        now_at = parts.clock.wall_seconds()
        until = words_for(request).short_moment(now_at + SHARED_SECONDS)
        return show_sound(request, parts.history, found, now_at, share_url=address, share_until=until)

    @require(Role.NOBODY)
    def show_shared(request: Request) -> Response:
        sound, is_crying = _shared_sound(request)
        words = words_for(request)
        page = render(
            request,
            "shared.html",
            sound=sound,
            is_crying=is_crying,
            day=dt.date.fromtimestamp(sound.began_at),  # noqa: DTZ012 - local time is meant
            length=length_words(sound, parts.clock.wall_seconds(), words),
            token=request.path_params["token"],
        )
        page.headers.update(_SHARED_HEADERS)
        return page

    @require(Role.NOBODY)
    async def send_shared(request: Request) -> Response:
        """Send the sound, or its picture; whoever comes while others wait for theirs is to come again."""
        try:
            few_at_once.acquire_on_behalf_of_nowait(request)
        except anyio.WouldBlock as error:
            raise AllTakenError("Others are loading shared sounds just now. Try again in a few seconds.") from error
        try:
            return await run_in_threadpool(lambda: _sent(parts, _shared_sound(request).sound.id, request))
        finally:
            few_at_once.release_on_behalf_of(request)

    def _shared_sound(request: Request) -> FoundSound:
        try:
            if parts.access is None:
                raise NotThereError("Links cannot be opened at present.")
            sound_id = parts.access.links.shared(request.path_params["token"])
        except LinkError as error:
            raise NotThereError(str(error)) from error
        return find_sound(parts.history, sound_id)

    return [
        Route("/episodes/{id}/share", show_link),
        form_route("/episodes/{id}/share", share),
        Route("/shared/{token}", show_shared),
        Route("/shared/{token}/sound.{kind}", send_shared),
    ]


def _sent(parts: JournalParts, sound_id: str, request: Request) -> Response:
    """Return the answer with a sound or its picture."""
    kind = request.path_params["kind"]
    made = None if parts.clips is None else {"mp3": parts.clips.mp3, "png": parts.clips.spectrogram}.get(kind)
    found = None if made is None else made(sound_id)
    if found is None:
        raise NotThereError("This sound is not kept any more.")
    if isinstance(found, bytes):
        return Response(found, headers=_SHARED_HEADERS, media_type=_SHARED_TYPES[kind])
    return FileResponse(found, headers=_SHARED_HEADERS, media_type=_SHARED_TYPES[kind])
