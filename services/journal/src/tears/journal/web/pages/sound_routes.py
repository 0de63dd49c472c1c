"""The routes of one sound: its page, and what a parent does with it."""

import re
from http import HTTPStatus
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.history import HistoryFile
from tears.journal.history.records import Verdict
from tears.journal.parts import JournalParts
from tears.journal.web.errors import NotThereError, WebError
from tears.journal.web.guards import require
from tears.journal.web.pages.posting import form_route, giver_of, see
from tears.journal.web.pages.sound_page import find_sound, show_sound
from tears.journal.web.rendering import render

# After this time the journal has a sound, or never will. An alert that comes later finds it there.
LONGEST_WAIT_SECONDS: Final = 600.0
_MOMENT: Final = re.compile(r"[0-9]{1,12}")


def sound_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    history = parts.history

    @require(Role.GUEST)
    def show(request: Request) -> Response:
        return _sound_or_wait(request, history, parts.clock.wall_seconds())

    def label(request: Request, form: FormData) -> Response:
        """Keep what a parent says of a sound; an empty verdict takes it back."""
        sound, is_crying = find_sound(history, request.path_params["id"])
        verdict = str(form.get("verdict", ""))
        if not verdict:
            if sound.label is not None:
                history.unlabel(sound.label.id)
            return see(request, f"/episodes/{sound.id}", done="taken-back")
        if verdict not in set(Verdict):
            raise WebError("Choose one of the answers on the page.")
        history.label(
            sound.mic,
            sound.began_at,
            parts.clock.wall_seconds() if sound.ended_at is None else sound.ended_at,
            Verdict(verdict),
            made_by=giver_of(request),
            episode_id=sound.id if is_crying else None,
            near_miss_id=None if is_crying else sound.id,
        )
        return see(request, f"/episodes/{sound.id}", done="labelled")

    def star(request: Request, form: FormData) -> Response:
        """Star an episode, or take the star away."""
        starred = form.get("starred") == "yes"
        sound_id = find_sound(history, request.path_params["id"]).sound.id
        history.star(sound_id, starred=starred)
        return see(request, f"/episodes/{sound_id}", done="starred" if starred else "unstarred")

    def delete(request: Request, _form: FormData) -> Response:
        """Delete a sound for good: first what can be played, then what is known of it."""
        sound = find_sound(history, request.path_params["id"]).sound
        if parts.clips is not None:
            parts.clips.delete(sound.id)
        history.delete(sound.id)
        return see(request, "/nights", done="deleted")

    return [
        Route("/episodes/{id}", show),
        form_route("/episodes/{id}/label", label),
        form_route("/episodes/{id}/star", star),
        form_route("/episodes/{id}/delete", delete),
    ]


def _sound_or_wait(request: Request, history: HistoryFile, now_at: float) -> Response:
    """Return the page of a sound, or one that asks again: an alert may be faster than the history."""
    try:
        found = find_sound(history, request.path_params["id"])
    except NotThereError:
        if not _is_awaited(request, history, now_at):
            raise
        return render(request, "awaited.html", status=HTTPStatus.ACCEPTED)
    return show_sound(request, history, found, now_at)


def _is_awaited(request: Request, history: HistoryFile, now_at: float) -> bool:
    """Return whether a sound that is not there may still come: `at` in the query says that it was a moment ago."""
    at = request.query_params.get("at", "")
    is_new = _MOMENT.fullmatch(at) is not None and abs(now_at - int(at)) < LONGEST_WAIT_SECONDS
    return is_new and not history.is_deleted(request.path_params["id"])
