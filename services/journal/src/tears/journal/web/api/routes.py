"""The routes of the API, and its description."""

import importlib.metadata

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.api.access_calls import AccessCalls
from tears.journal.web.api.api_call import API_ROOT, JSON_TYPE
from tears.journal.web.api.history_calls import HistoryCalls
from tears.journal.web.api.openapi import OtherPath, describe_api
from tears.journal.web.api.room_calls import RoomCalls
from tears.journal.web.api.setup_calls import SetupCalls
from tears.journal.web.guards import require
from tears.journal.web.teaching.routes import TeachingView

# What the other parts serve below the same path, with routes of their own.
OTHER_PATHS = (
    OtherPath("/clips/{id}.flac", "Send the sound as FLAC.", "audio/flac"),
    OtherPath("/clips/{id}.mp3", "Send the sound as MP3.", "audio/mpeg"),
    OtherPath("/clips/{id}.png", "Send the picture of the sound.", "image/png"),
    OtherPath("/recordings", "List what was recorded of a room, from `from_at` to `to_at`.", JSON_TYPE),
    OtherPath("/recordings/{name}.flac", "Send a piece of the recordings.", "audio/flac"),
    OtherPath("/recordings/{room}.mp3", "Send what a room heard from `from_at` to `to_at`.", "audio/mpeg"),
    OtherPath("/export.zip", "Send all that parents have labelled, as clips to train with.", "application/zip"),
    OtherPath("/health", "Say how each part of Tears is, in words.", JSON_TYPE),
    OtherPath("/microphones", "List the microphones with their loudness.", JSON_TYPE),
    OtherPath("/microphones/{room}/clap", "Say whether a clap was just heard.", JSON_TYPE),
    OtherPath("/teaching", "Say what the ear has learnt.", JSON_TYPE, gives=TeachingView),
    OtherPath(
        "/teach",
        "Begin a lesson; `listened_again=yes`, as a form, insists on answers that may be slips.",
        JSON_TYPE,
        "post",
        TeachingView,
    ),
    OtherPath("/teach/use", "Use what the ear has learnt.", JSON_TYPE, "post", TeachingView),
    OtherPath("/teach/back", "Go back to the ear before.", JSON_TYPE, "post", TeachingView),
    OtherPath("/teach/discard", "Forget the taught ear that is on offer.", JSON_TYPE, "post", TeachingView),
    OtherPath("/openapi.json", "Send this description.", JSON_TYPE),
)


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    assert parts.access is not None  # noqa: S101 - make_app checks it
    calls = [
        *RoomCalls(parts).calls(),
        *HistoryCalls(parts).calls(),
        *AccessCalls(parts.access).calls(),
        *SetupCalls(parts).calls(),
    ]
    document = describe_api(calls, OTHER_PATHS, importlib.metadata.version("tears-journal"))
    content = msgspec.json.format(msgspec.json.encode(document))

    @require(Role.NOBODY)
    def describe(_request: Request) -> Response:
        """Send the OpenAPI document, which says nothing of this house."""
        return Response(content, media_type=JSON_TYPE)

    return [Route(f"{API_ROOT}/openapi.json", describe), *(call.route() for call in calls)]
