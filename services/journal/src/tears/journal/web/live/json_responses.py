"""Answers in JSON."""

from typing import Any

import msgspec
from starlette.responses import Response


def json_response(value: Any) -> Response:
    """Return a msgspec struct, or a list of them, as JSON that nobody keeps."""
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"Cache-Control": "no-store"})
