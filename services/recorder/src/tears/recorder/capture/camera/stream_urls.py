"""Tell URLs of live streams from paths of recordings. Pure."""

from __future__ import annotations

import re

RTSP_SCHEMES = ("rtsp", "rtsps")
STREAM_SCHEMES = (*RTSP_SCHEMES, "http", "https")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(text: str) -> str:
    """Return the scheme of a URL in lower case; empty if `text` is not a URL."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""
