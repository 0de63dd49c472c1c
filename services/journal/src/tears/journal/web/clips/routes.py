"""The routes of the files of sound and their pictures."""

import math
from http import HTTPStatus
from pathlib import Path

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.clips.clip_store import ClipStore
from tears.journal.clips.export import zip_pieces
from tears.journal.parts import JournalParts
from tears.journal.teaching.lesson_material import LessonMaterial
from tears.journal.web.errors import NotThereError, WebError
from tears.journal.web.guards import require

_MEDIA_TYPES = {"flac": "audio/flac", "mp3": "audio/mpeg", "png": "image/png"}
# A clip may still be replaced by a longer one, soon after it was made.
_CACHED = {"Cache-Control": "private, max-age=600"}
# The year 3000.
_LATEST_TIME = 32_503_680_000.0
_MOST_AT_ONCE = 4
_GONE = "This sound is not kept any more."


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes.

    Browsers and players ask for pieces of a file (`Range`), which Safari needs to play one at all.
    """
    store: ClipStore = parts.clips
    # One MP3 or picture is made at a time; those who wait for theirs must not hold the threads of all pages.
    few_at_once = anyio.CapacityLimiter(_MOST_AT_ONCE)

    @require(Role.GUEST)
    async def clip(request: Request) -> Response:
        """Send a clip or its picture."""
        return await anyio.to_thread.run_sync(sent_clip, request, limiter=few_at_once)

    def sent_clip(request: Request) -> Response:
        """Send a clip as FLAC or MP3, or its picture; with `?download`, as a file to keep."""
        clip_id, kind = request.path_params["clip_id"], request.path_params["kind"]
        made = {"flac": store.path, "mp3": store.mp3, "png": store.spectrogram}.get(kind)
        if made is None:
            raise NotThereError(_GONE)
        return _sent(made(clip_id), kind, f"{clip_id}.{kind}" if "download" in request.query_params else None)

    @require(Role.GUEST)
    def recording(request: Request) -> Response:
        """Send a file of the recordings."""
        name = request.path_params["name"]
        return _sent(store.recording(name), "flac", f"{name}.flac" if "download" in request.query_params else None)

    @require(Role.GUEST)
    async def stretch(request: Request) -> Response:
        """Send a stretch of what a room heard."""
        return await anyio.to_thread.run_sync(sent_stretch, request, limiter=few_at_once)

    def sent_stretch(request: Request) -> Response:
        """Send a stretch of what a room heard, as MP3: `?from_at=` and `to_at=`, in seconds since 1970."""
        from_at, to_at = _time_of(request, "from_at"), _time_of(request, "to_at")
        found = store.listen(request.path_params["mic"], from_at, to_at)
        return _sent(found, "mp3", "tears.mp3" if "download" in request.query_params else None)

    @require(Role.PARENT)
    def export(_request: Request) -> Response:
        """Send all that parents have labelled, as a ZIP of clips to train on."""
        headers = {"Content-Disposition": 'attachment; filename="tears-clips.zip"', "Cache-Control": "no-store"}
        return StreamingResponse(
            zip_pieces(LessonMaterial(parts.history, store).clips()), HTTPStatus.OK, headers, "application/zip"
        )

    files = (
        ("/clips/{clip_id}.{kind}", clip),
        ("/recordings/{name}.flac", recording),
        ("/recordings/{mic}.mp3", stretch),
        ("/export.zip", export),
    )
    return [Route(f"{prefix}{path}", endpoint) for prefix in ("", "/api/v1") for path, endpoint in files]


def _sent(found: Path | bytes | None, kind: str, file_name: str | None) -> Response:
    """Return the answer with a file or its content; raise NotThereError if there is none."""
    media_type = _MEDIA_TYPES[kind]
    if isinstance(found, bytes):
        return Response(found, HTTPStatus.OK, _CACHED, media_type)
    try:
        status = None if found is None else found.stat()
    except OSError:
        status = None
    if found is None or status is None:
        raise NotThereError(_GONE)
    return FileResponse(found, headers=_CACHED, media_type=media_type, filename=file_name, stat_result=status)


def _time_of(request: Request, name: str) -> float:
    """Return a time of the query, in seconds since 1970; raise WebError if there is none."""
    try:
        at = float(request.query_params.get(name, ""))
    except ValueError:
        at = math.nan
    if not 0 <= at < _LATEST_TIME:
        raise WebError("Give from_at and to_at as seconds since 1970.")
    return at
