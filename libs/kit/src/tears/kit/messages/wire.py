"""What every message shares on the wire."""

from __future__ import annotations

import math
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from tears.kit.errors import MessageError

M = TypeVar("M", bound=Message)


def parse(message_type: type[M], body: bytes) -> M:
    """Parses `body`.

    Raises:
        MessageError: the bytes are not such a message.
    """
    message = message_type()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise MessageError(f"{len(body)} bytes are no {message_type.__name__}: {error}") from error
    return message


def require_finite(of: str, *numbers: float) -> None:
    """Refuses what no comparison would ever find: NaN and infinities.

    Raises:
        MessageError: one of `numbers` is none.
    """
    if not all(map(math.isfinite, numbers)):
        raise MessageError(f"{of} with numbers that are not finite: {numbers}")


def timestamp(wall_seconds: float) -> Timestamp:
    """The protobuf form of seconds since the epoch."""
    whole = int(wall_seconds // 1)
    return Timestamp(seconds=whole, nanos=int((wall_seconds - whole) * 1e9))


def wall_seconds(stamp: Timestamp) -> float:
    """Seconds since the epoch of a protobuf timestamp."""
    return stamp.seconds + stamp.nanos / 1e9
