"""A request before it is parsed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class UnparsedRequest(Generic[Parsed]):
    """The bytes that will be parsed, so that they can be weighed first, and the function that parses them."""

    body: bytes
    # Raises DecodeError if the bytes are not such a request.
    parse: Callable[[bytes], Parsed]
