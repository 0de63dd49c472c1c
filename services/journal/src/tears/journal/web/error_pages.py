"""Say in words what went wrong: as a page to a parent, as JSON to a program."""

from http import HTTPStatus
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from tears.journal.access.role import Role
from tears.journal.errors import JournalError, TranslatableError
from tears.journal.parent_words import parent_words
from tears.journal.web.access.login import login_path
from tears.journal.web.errors import AllTakenError, LoginNeededError, WebError
from tears.journal.web.front.answer_headers import SAFE_HEADERS
from tears.journal.web.guards import Visitor
from tears.journal.web.rendering import render

API_PATH = "/api/"
_BROKEN = parent_words("Something in the journal has broken down; listening and alerts go on. Its log says more.")
_WORDS = MappingProxyType(
    {
        HTTPStatus.NOT_FOUND: parent_words("There is nothing here. It may have been deleted."),
        HTTPStatus.METHOD_NOT_ALLOWED: parent_words("This page cannot do what was asked."),
        HTTPStatus.BAD_REQUEST: parent_words("This form could not be read."),
    }
)


def show_error(request: Request, error: Exception) -> Response:
    """Return the page of an error, or the login if that is what is missing."""
    # What breaks before the visitor is known is shown as well.
    for name, value in (("visitor", Visitor(Role.NOBODY)), ("prefix", ""), ("hosts", set())):
        if name not in request.scope.setdefault("state", {}):
            request.scope["state"][name] = value
    status, text, values = _said(error)
    headers = dict(SAFE_HEADERS)
    if isinstance(error, AllTakenError):
        headers["Retry-After"] = str(error.retry_seconds)
    if _wants_json(request):
        return JSONResponse({"error": str(error) if isinstance(error, JournalError) else text}, status, headers=headers)
    if isinstance(error, LoginNeededError):
        return RedirectResponse(login_path(request), HTTPStatus.SEE_OTHER)
    reply = render(request, "error.html", status=status, text=text, values=values)
    # An error that nobody expected is answered outside of what adds them.
    reply.headers.update(headers)
    return reply


def answer_nobody(_request: Request, _error: Exception) -> Response:
    """Return what a visitor gets who went away in the middle of a form: nothing arrives, and the log has no error."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def _said(error: Exception) -> tuple[int, str, dict[str, object]]:
    """Return the status, the English sentence, and what belongs into its places."""
    if isinstance(error, TranslatableError):
        status = error.status if isinstance(error, WebError) else HTTPStatus.BAD_REQUEST
        return status, error.text, error.values
    if isinstance(error, JournalError):
        # The disk, or another part, is not able to do it now; the text is for a parent.
        return HTTPStatus.SERVICE_UNAVAILABLE, "{reason}", {"reason": str(error)}
    if isinstance(error, HTTPException):
        known = HTTPStatus(error.status_code)
        return known, _WORDS.get(known, known.phrase), {}
    return HTTPStatus.INTERNAL_SERVER_ERROR, _BROKEN, {}


def _wants_json(request: Request) -> bool:
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return path.startswith(API_PATH) or request.headers.get("accept", "").startswith("application/json")
