"""The routes of the API, and its description."""

import importlib.metadata
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.api.access_calls import AccessCalls
from tears.journal.web.api.api_call import API_ROOT, JSON_TYPE
from tears.journal.web.api.history_calls import HistoryCalls
from tears.journal.web.api.house_calls import AskedFile, AskedSound, HouseCalls
from tears.journal.web.api.openapi import OtherPath, describe_api
from tears.journal.web.api.room_calls import RoomCalls
from tears.journal.web.api.sensitivity_calls import SensitivityCalls
from tears.journal.web.api.setup_calls import SetupCalls
from tears.journal.web.guards import require
from tears.journal.web.teaching.routes import TeachForm, TeachingView

# What the other parts serve below the same path, with routes of their own.
OTHER_PATHS = (
    OtherPath("/clips/{id}.flac", "Send the sound as FLAC.", "audio/flac", query=AskedFile),
    OtherPath("/clips/{id}.mp3", "Send the sound as MP3.", "audio/mpeg", query=AskedFile),
    OtherPath("/clips/{id}.png", "Send the picture of the sound.", "image/png", query=AskedFile),
    OtherPath("/recordings/{name}.flac", "Send a piece of the recordings.", "audio/flac", query=AskedFile),
    OtherPath("/recordings/{room}.mp3", "Send what a room heard.", "audio/mpeg", query=AskedSound),
    OtherPath(
        "/export.zip",
        "Send all that parents have labelled, as clips to train with.",
        "application/zip",
        role=Role.PARENT,
    ),
    OtherPath("/teaching", "Say what the ear has learnt.", JSON_TYPE, gives=TeachingView),
    OtherPath("/teach", "Begin a lesson.", JSON_TYPE, "post", TeachingView, form=TeachForm, role=Role.PARENT),
    OtherPath("/teach/use", "Use what the ear has learnt.", JSON_TYPE, "post", TeachingView, role=Role.PARENT),
    OtherPath("/teach/back", "Go back to the ear before.", JSON_TYPE, "post", TeachingView, role=Role.PARENT),
    OtherPath(
        "/teach/discard", "Forget the taught ear that is on offer.", JSON_TYPE, "post", TeachingView, role=Role.PARENT
    ),
    OtherPath("/openapi.json", "Send this description.", JSON_TYPE, gives=dict[str, Any], role=Role.NOBODY),
)


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    assert parts.access is not None  # noqa: S101 - make_app checks it
    calls = [
        *RoomCalls(parts).calls(),
        *HistoryCalls(parts).calls(),
        *AccessCalls(parts.access).calls(),
        *SetupCalls(parts).calls(),
        *HouseCalls(parts).calls(),
        *SensitivityCalls(parts).calls(),
    ]
    document = describe_api(calls, OTHER_PATHS, importlib.metadata.version("tears-journal"))
    content = msgspec.json.format(msgspec.json.encode(document))

    @require(Role.NOBODY)
    def describe(_request: Request) -> Response:
        """Send the OpenAPI document, which says nothing of this house."""
        return Response(content, media_type=JSON_TYPE)

    return [Route(f"{API_ROOT}/openapi.json", describe), *(call.route() for call in calls)]
