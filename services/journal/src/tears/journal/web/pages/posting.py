"""Forms that a parent sends: checked, answered in the thread pool, and followed by the page that shows the result."""

from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tears.journal.access.role import Role
from tears.journal.errors import ClipStoreError, HistoryFileError
from tears.journal.web.errors import NotNowError
from tears.journal.web.forms import checked_form
from tears.journal.web.guards import require, visitor_of

_PROGRAMS: Final = "/api/"
FormAnswer: TypeAlias = Callable[[Request, FormData], Response]


def form_route(path: str, answer: FormAnswer, *, up: int = 1) -> Route:
    """Return the route of a form that only a parent may send.

    A browser that only asks for its address, because its tab was closed on the answer, is led to the page `up` folders
    above. Where the address is a page of its own, the route of that comes first.

    `answer` may block. The messages of HistoryFileError and ClipStoreError become a page: they are for a parent.
    """

    def answer_in_words(request: Request, form: FormData) -> Response:
        try:
            return answer(request, form)
        except (HistoryFileError, ClipStoreError) as error:
            raise NotNowError(str(error)) from error

    @require(Role.PARENT)
    async def endpoint(request: Request) -> Response:
        if request.method != "POST":
            return RedirectResponse(request.url.path.rsplit("/", up)[0] or "/", status_code=303)
        form = await checked_form(request)
        return await run_in_threadpool(answer_in_words, request, form)

    # Programs are told that they have asked for nothing.
    methods = ["POST"] if path.startswith(_PROGRAMS) else ["GET", "POST"]
    return Route(path, endpoint, methods=methods, name=answer.__name__)


def see(request: Request, path: str, **query: str) -> Response:
    """Send the browser on to a page, which it asks for with GET, so that reloading it sends no form again."""
    asked = f"?{urlencode(query)}" if query else ""
    return RedirectResponse(f"{visitor_of(request).prefix}{path}{asked}", status_code=303)


def giver_of(request: Request) -> str:
    """Return who gives an answer, as the history keeps it."""
    return visitor_of(request).role.value
