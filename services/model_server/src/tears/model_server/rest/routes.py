"""Which model and what of it a request's method and path mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from tears.model_server.errors import InvalidArgumentError
from tears.tfserving.v1.model_pb2 import ModelSpec

PREFIX: Final = "/v1/"

_WHICH: Final = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_PATTERNS: Final = {
    "POST": re.compile(
        rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<what>(?-i:classify|regress|predict))", re.IGNORECASE | re.ASCII
    ),
    "GET": re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?:/(?P<what>metadata))?", re.IGNORECASE | re.ASCII),
}
_MAX_VERSION: Final = 2**63 - 1  # the wire's int64
_MAX_DIGITS: Final = len(str(_MAX_VERSION)) + 1


@dataclass(frozen=True, slots=True)
class Route:
    """What is asked of which model: `classify`, `regress`, `predict`, `metadata` or `status`."""

    what: str
    spec: ModelSpec


def route(method: str, target: str) -> Route:
    """Reads a request's first line.

    Args:
        method: `GET`, `POST` or any other.
        target: The path as it was sent, with its query if it has one, which no path of the API has.

    Raises:
        InvalidArgumentError: The API has no such path, or not with this method; the wording is TF Serving's.
    """
    pattern = _PATTERNS.get(method)
    found = pattern.fullmatch(target) if pattern else None
    if found is None:
        raise InvalidArgumentError(f"Malformed request: {method} {target}")
    if found["name"] is None:
        raise InvalidArgumentError("Missing model name in request.")
    spec = ModelSpec(name=_decoded("model name", found["name"]))
    if found["version"]:
        digits = found["version"].lstrip("0")[:_MAX_DIGITS] or "0"  # no more than it takes to be too large
        if int(digits) > _MAX_VERSION:
            raise InvalidArgumentError(f"Failed to convert version: {found['version']} to numeric.")
        spec.version.value = int(digits)
    if found["label"]:
        spec.version_label = _decoded("model version label", found["label"])
    return Route((found["what"] or "status").lower(), spec)


def _decoded(what: str, text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"Failed to decode {what}: {text}") from error
