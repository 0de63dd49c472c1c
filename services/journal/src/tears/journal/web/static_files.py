"""The files that the pages need: styles, scripts and icons."""

import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_FOLDER = Path(__file__).with_name("static")
# Their addresses name the version, so a browser may keep one until there is another.
_KEPT = "public, max-age=31536000, immutable"


class KeptStaticFiles(StaticFiles):
    """Serves the files, which everybody may have; those that are asked for by a version may be kept."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_FOLDER)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file, or that the browser's own one is still the same."""
        reply = super().file_response(full_path, stat_result, scope, status_code)
        reply.headers["cache-control"] = _KEPT if scope["query_string"].startswith(b"v=") else "no-cache"
        return reply
