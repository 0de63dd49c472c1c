"""Routes: what the method and the path of an HTTP request ask for."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from tears.model_server.errors import InvalidArgumentError
from tears.tfserving.v1.model_pb2 import ModelSpec

API_PREFIX: Final = "/v1/"

_WHICH: Final = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_ROUTE_PATTERNS: Final = {
    "POST": re.compile(
        rf"/v1/models/(?P<name>[^/:]+){_WHICH}:(?P<what>(?-i:classify|regress|predict))", re.IGNORECASE | re.ASCII
    ),
    "GET": re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_WHICH}(?:/(?P<what>metadata))?", re.IGNORECASE | re.ASCII),
}
_MAX_VERSION_NUMBER: Final = 2**63 - 1  # an int64 on the wire
_MAX_DIGITS: Final = len(str(_MAX_VERSION_NUMBER)) + 1


@dataclass(frozen=True, slots=True)
class Route:
    """The type of a request (`classify`, `regress`, `predict`, `metadata` or `status`), and its model."""

    what: str
    spec: ModelSpec


def find_route(method: str, target: str) -> Route:
    """Return the route of a request. The target is the path as it was sent; one with a query matches no route.

    Raises:
        InvalidArgumentError: The API has no such path for this method; the wording is TF Serving's.
    """
    pattern = _ROUTE_PATTERNS.get(method)
    found = pattern.fullmatch(target) if pattern else None
    if found is None:
        raise InvalidArgumentError(f"Malformed request: {method} {target}")
    if found["name"] is None:
        raise InvalidArgumentError("Missing model name in request.")
    spec = ModelSpec(name=_decoded("model name", found["name"]))
    if found["version"]:
        digits = found["version"].lstrip("0")[:_MAX_DIGITS] or "0"  # as many as a number that is too large needs
        if int(digits) > _MAX_VERSION_NUMBER:
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
