"""Parse and check the parts that all messages share on the wire."""

import math
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from tears.kit.errors import MessageError

MessageT = TypeVar("MessageT", bound=Message)


def parse(message_type: type[MessageT], body: bytes) -> MessageT:
    """Return the message in `body`; raise MessageError if the bytes are not such a message."""
    message = message_type()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise MessageError(f"{len(body)} bytes are not a valid {message_type.__name__}: {error}") from error
    return message


def require_finite(subject: str, *numbers: float) -> None:
    """Raise MessageError, about `subject`, for NaN and infinities: later comparisons would not notice them."""
    if not all(map(math.isfinite, numbers)):
        raise MessageError(f"{subject} with numbers that are not finite: {numbers}")


def timestamp(wall_seconds: float) -> Timestamp:
    """Return the protobuf form of seconds since the epoch."""
    whole = int(wall_seconds // 1)
    return Timestamp(seconds=whole, nanos=int((wall_seconds - whole) * 1e9))


def wall_seconds(stamp: Timestamp) -> float:
    """Return a protobuf timestamp as seconds since the epoch."""
    return stamp.seconds + stamp.nanos / 1e9
