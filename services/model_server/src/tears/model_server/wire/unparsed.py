"""A request between its arrival and its parsing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Parcel(Generic[Parsed]):
    """What will be parsed of a request, and what parses it; so it can be weighed before that."""

    body: bytes
    # Raises DecodeError where the bytes are no such request.
    parse: Callable[[bytes], Parsed]
