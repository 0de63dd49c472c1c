"""One call of the API: what it takes and gives, as types, from which its route and its description are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tears.journal.access.role import Role
from tears.journal.web.errors import WebError
from tears.journal.web.forms import check_csrf
from tears.journal.web.guards import require, visitor_of
from tears.journal.web.rendering import words_for
from tears.journal.web.words.page_words import PageWords

API_ROOT = "/api/v1"
JSON_TYPE: Final = "application/json"

QueryT = TypeVar("QueryT")
BodyT = TypeVar("BodyT")


class NoFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query or the body of a call that takes none."""


class ApiFault(msgspec.Struct, frozen=True):
    """What a call answers that was not carried out; `error` says why, and what to do."""

    error: str


@dataclass(frozen=True)
class ApiRequest(Generic[QueryT, BodyT]):
    """What a program asks.

    Attributes:
        path: the places in the path, such as `{id}`.
        query: what stands behind the `?`.
        body: what came as JSON.
        made_by: who asks, as the history keeps it.
        address: how the program reaches this server, with a slash at the end.
        client: where the program comes from.
        words: the language that it asks for.
    """

    path: Mapping[str, str]
    query: QueryT
    body: BodyT
    made_by: str
    address: str
    client: str
    words: PageWords


@dataclass(frozen=True)
class ApiCall(Generic[QueryT, BodyT]):
    """One call.

    Attributes:
        path: below `/api/v1`, with places such as `{id}`.
        summary: what it does, in one sentence.
        answer: returns what is sent as JSON, or None for an empty answer; it is called in the thread pool, may block,
            and raises errors of the journal, which are sent in words.
        gives: the type of what it returns; None if it returns nothing.
        query: the type of what it takes behind the `?`; all its fields are texts, numbers or dates.
        takes: the type of the JSON that it takes.
        role: who may call it.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    summary: str
    answer: Callable[[ApiRequest[QueryT, BodyT]], Any]
    gives: Any = None
    query: type[QueryT] = NoFields  # type: ignore[assignment]
    takes: type[BodyT] = NoFields  # type: ignore[assignment]
    role: Role = Role.GUEST

    def route(self) -> Route:
        """Return the route of the call."""

        @require(self.role)
        async def endpoint(request: Request) -> Response:
            if self.method != "GET":
                check_csrf(request)
            asked = ApiRequest(
                path=request.path_params,
                query=_decoded(dict(request.query_params), self.query, "the query"),
                body=await _body(request, self.takes),
                made_by=visitor_of(request).name,
                address=str(request.base_url),
                client=request.client.host if request.client else "",
                words=words_for(request),
            )
            return await run_in_threadpool(self._answered, asked)

        return Route(API_ROOT + self.path, endpoint, methods=[self.method])

    def _answered(self, asked: ApiRequest[QueryT, BodyT]) -> Response:
        given = self.answer(asked)
        if self.gives is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return Response(msgspec.json.encode(given), media_type=JSON_TYPE)


async def _body(request: Request, takes: type[BodyT]) -> BodyT:
    if takes is NoFields:
        return takes()
    try:
        # Unlike `json`, it takes no text with half a character, which nothing here could keep or show.
        found = msgspec.json.decode(await request.body())
    except (ValueError, RecursionError) as error:
        raise WebError("The body is not JSON.") from error
    return _decoded(found, takes, "the body", strict=True)


def _decoded(found: Any, wanted: type[BodyT], where: str, *, strict: bool = False) -> BodyT:
    """Return values as their types; raise WebError, which says what is wrong and where."""
    try:
        return msgspec.convert(found, wanted, strict=strict)
    except msgspec.ValidationError as error:
        raise WebError("In {where}: {reason}.", where=where, reason=str(error)) from error
