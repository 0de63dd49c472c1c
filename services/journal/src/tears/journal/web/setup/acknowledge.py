"""The link on an alert by which a parent says that somebody is on the way; it needs no login."""

from http import HTTPStatus

import redis
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.errors import NotNowError
from tears.journal.web.guards import require
from tears.journal.web.pages.posting import see
from tears.journal.web.rendering import render
from tears.kit.access.acknowledge_links import AcknowledgeLink, read_acknowledge_token
from tears.kit.access.link_key import read_link_key
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import CommandKind
from tears.kit.network.signed_link import LinkError

_DONE = frozenset({"obeyed", "needless"})


def acknowledge_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""

    @require(Role.NOBODY)
    def show(request: Request) -> Response:
        """Ask first: what looks into links, such as the preview of a chat, acknowledges nothing."""
        try:
            link = _read(parts, request)
        except LinkError:
            return _refuse(request)
        done = request.query_params.get("done", "")
        return render(
            request,
            "acknowledge.html",
            room=parts.name_of(link.mic),
            done=done if done in _DONE else "",
            is_refused=False,
        )

    @require(Role.NOBODY)
    async def acknowledge(request: Request) -> Response:
        """Acknowledge. The signature stands for the token of a form: whoever holds the link may use it."""
        try:
            link = await run_in_threadpool(_read, parts, request)
        except LinkError:
            return _refuse(request)
        done = await run_in_threadpool(_acknowledge, parts, link)
        # The button of an alert wants an answer, and no page.
        if done and "text/html" in request.headers.get("accept", ""):
            return see(request, f"/acknowledge/{request.path_params['token']}", done=done)
        return render(
            request,
            "acknowledge.html",
            room=parts.name_of(link.mic),
            done=done,
            is_refused=False,
            status=HTTPStatus.OK if done else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    return [
        Route("/acknowledge/{token}", show),
        Route("/acknowledge/{token}", acknowledge, methods=["POST"]),
    ]


def _read(parts: JournalParts, request: Request) -> AcknowledgeLink:
    if parts.redis is None:
        raise NotNowError("Alerts cannot be acknowledged at present.")
    try:
        key = read_link_key(parts.redis)
    except redis.RedisError as error:
        raise NotNowError("Redis does not answer, so nothing was acknowledged. Try again.") from error
    return read_acknowledge_token(key, request.path_params["token"], parts.clock.wall_seconds())


def _acknowledge(parts: JournalParts, link: AcknowledgeLink) -> str:
    """Return what the alerter has done: `obeyed`, `needless`, or empty if it was not reached. Blocks for 10 s."""
    if parts.redis is None:
        return ""
    try:
        command = give_command(
            parts.redis, CommandKind.ACKNOWLEDGE, sender="link", mic=link.mic, episode_id=link.episode_id
        )
        answer = wait_for_answer(parts.redis, command.command_id)
    except redis.RedisError:
        return ""
    if answer is None:
        return ""
    return "obeyed" if answer.outcome == "obeyed" else "needless"


def _refuse(request: Request) -> Response:
    return render(request, "acknowledge.html", room="", done="", is_refused=True, status=HTTPStatus.FORBIDDEN)
