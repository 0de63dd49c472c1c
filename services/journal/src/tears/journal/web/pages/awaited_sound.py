"""A sound that an alert leads to before the journal has written it down."""

import re
from typing import Final

from starlette.requests import Request

from tears.journal.history import HistoryFile

# After this time the journal has it, or never will. An alert that comes later finds it there.
LONGEST_WAIT_SECONDS: Final = 600.0
_MOMENT: Final = re.compile(r"[0-9]{1,12}")


def is_awaited(request: Request, history: HistoryFile, now_at: float) -> bool:
    """Return whether a sound that is not there may still come: `at` in the query says that it was a moment ago."""
    at = request.query_params.get("at", "")
    is_new = _MOMENT.fullmatch(at) is not None and abs(now_at - int(at)) < LONGEST_WAIT_SECONDS
    return is_new and not history.is_deleted(request.path_params["id"])
