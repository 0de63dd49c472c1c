"""URLs of live streams, told from paths of recordings. Pure."""

from __future__ import annotations

import re

RTSP_SCHEMES = ("rtsp", "rtsps")
SCHEMES = (*RTSP_SCHEMES, "http", "https")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(text: str) -> str:
    """Of a URL, in small letters; empty if it is none."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""
