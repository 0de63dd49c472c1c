"""What a form has brought, kept for the page to which it leads, so that reloading that page sends no form again."""

import secrets
import threading
from collections import OrderedDict
from typing import Final, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from tears.journal.web.guards import visitor_of
from tears.journal.web.pages.posting import see
from tears.kit.clock import Clock

ResultT = TypeVar("ResultT")

# Long enough to copy a token, and to come back to a phone that was put down.
RESULT_KEPT_SECONDS: Final = 600.0
# Only parents send forms, so no counter says how many results were dropped: their pages show what is there without.
_MOST_RESULTS: Final = 100
_RESULT_KEY_BYTES: Final = 16


class _KeptResult(NamedTuple):
    form_token: str
    ends_at_seconds: float
    result: object


class FormResults:
    """Keeps the newest results in memory for ten minutes, each for the browser that has sent the form. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _KeptResult] = OrderedDict()

    def keep(self, form_token: str, result: object) -> str:
        """Keep a result for the browser whose forms have this token, and return the key by which it is found."""
        key = secrets.token_urlsafe(_RESULT_KEY_BYTES)
        with self._lock:
            self._kept[key] = _KeptResult(form_token, self._clock.monotonic_seconds() + RESULT_KEPT_SECONDS, result)
            while len(self._kept) > _MOST_RESULTS:
                self._kept.popitem(last=False)
        return key

    def find(self, form_token: str, key: str) -> object:
        """Return a result; None if it is not there any more, or is another browser's."""
        now = self._clock.monotonic_seconds()
        with self._lock:
            for old in [one for one, kept in self._kept.items() if kept.ends_at_seconds <= now]:
                del self._kept[old]
            found = self._kept.get(key)
        return found.result if found is not None and found.form_token == form_token else None


def see_result(request: Request, path: str, result: object, **query: str) -> Response:
    """Send the browser on to a page that shows the result of a form."""
    results: FormResults = request.app.state.results
    return see(request, path, **query, result=results.keep(visitor_of(request).csrf_token, result))


def result_of(request: Request, kind: type[ResultT]) -> ResultT | None:
    """Return the result of the form that has led to this page; None if it is of another kind, or not there any more."""
    results: FormResults = request.app.state.results
    found = results.find(visitor_of(request).csrf_token, request.query_params.get("result", ""))
    return found if isinstance(found, kind) else None
