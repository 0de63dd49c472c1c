"""Write a night's report as a note into Baby Buddy, a diary of a baby that many parents host themselves.

Only what is known is written: crying, and when nobody listened. That a quiet baby slept is not known.
"""

import http.client
import json
import urllib.request
from datetime import datetime
from typing import Any, Final
from urllib.error import HTTPError

from tears.alerter.errors import DiaryError

# How long to wait for the connection, and for each part of the answer.
DIARY_TIMEOUT_SECONDS: Final = 10.0
# So many notes are looked through for one that is there already: weeks of them.
_NOTES_LOOKED_AT: Final = 100
_MOST_ANSWER_BYTES: Final = 4_000_000


class BabyBuddy:
    """The REST API of one Baby Buddy. Its methods block for some seconds at most, and raise DiaryError."""

    def __init__(self, url: str, token: str, child: int = 0, timeout_seconds: float = DIARY_TIMEOUT_SECONDS) -> None:
        """Connect to nothing yet.

        Args:
            url: where it is, such as http://diary.local:8000; never logged.
            token: the key of the user, from the page of the user's settings; never logged.
            child: the number of the child; 0 for the only one.
            timeout_seconds: for the connection, and for each part of an answer.
        """
        self._api = f"{url.rstrip('/')}/api"
        self._token = token
        self._child = child
        self._timeout_seconds = timeout_seconds
        # A diary in the house is reached directly, whatever proxy the environment names for the world outside.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def add_note(self, text: str, at_seconds: float) -> None:
        """Add a note, unless the child has one with the same text already: an answer before may have been lost.

        Raises:
            DiaryError: it does not answer, refuses the note, or does not say which child is meant.
        """
        child = self._child or self._only_child()
        known = self._ask(f"/notes/?child={child}&ordering=-time&limit={_NOTES_LOOKED_AT}")
        if any(one.get("note") == text for one in _results(known)):
            return
        at = datetime.fromtimestamp(at_seconds).astimezone().isoformat(timespec="seconds")
        self._ask("/notes/", {"child": child, "note": text, "time": at})

    def _only_child(self) -> int:
        children = _results(self._ask("/children/"))
        if len(children) != 1 or not isinstance(children[0].get("id"), int):
            raise DiaryError(
                f"Baby Buddy has {len(children)} children; say which with TEARS_ALERTER_BABYBUDDY_CHILD (its number)"
            )
        return int(children[0]["id"])

    def _ask(self, path: str, sent: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Token {self._token}", "Accept": "application/json"}
        body = None if sent is None else json.dumps(sent).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self._api}{path}", body, headers)  # noqa: S310 - settings.py allows http and https only
        try:
            with self._opener.open(request, timeout=self._timeout_seconds) as answer:
                return json.loads(answer.read(_MOST_ANSWER_BYTES))
        except HTTPError as error:
            with error:
                cure = "; check TEARS_ALERTER_BABYBUDDY_TOKEN" if error.code in {401, 403} else ""
                raise DiaryError(f"Baby Buddy answers {error.code}{cure}") from error
        except (OSError, http.client.HTTPException) as error:
            raise DiaryError(f"Baby Buddy does not answer: {error}") from error
        except ValueError as error:
            raise DiaryError("what answers is not Baby Buddy; check TEARS_ALERTER_BABYBUDDY_URL") from error


def _results(answer: Any) -> list[dict[str, Any]]:
    found = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise DiaryError("what answers is not Baby Buddy; check TEARS_ALERTER_BABYBUDDY_URL")
    return [one for one in found if isinstance(one, dict)]
