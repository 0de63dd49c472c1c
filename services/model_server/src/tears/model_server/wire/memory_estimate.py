"""An estimate of the memory that a message takes once it is parsed, from its bytes alone.

An empty element of a list takes two bytes on the wire and seventy times that in memory, so a limit on the length of a
message does not limit its memory. The estimate is a rough sum over the fields that are messages. Strings, bytes and
numbers are skipped, so the estimate for an array of audio takes microseconds.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.protobuf_fields import WireFormatError, read_field

MAX_REQUEST_FIELDS: Final = 1_000_000  # they take a second to count
FIELD_BYTES: Final = 16  # a field's place in a list, or the head of a string; rounded up
MESSAGE_BYTES: Final = 32  # an empty message, its place in a list and, in a map, its place there

# What a byte of packed numbers may become: a varint of one byte is a number of eight or four.
_EIGHT_BYTE_TYPES: Final = frozenset(
    {FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_SINT64}
)
_FOUR_BYTE_TYPES: Final = frozenset(
    {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_ENUM}
)


@dataclass(frozen=True, slots=True)
class _MessageCost:
    """The memory cost of a message of one type, and its fields that cost more than their length."""

    message_bytes: int
    messages: Mapping[int, Descriptor]
    factors: Mapping[int, int]


def estimate_message_bytes(body: bytes, message: type[Message], *, limit_bytes: int) -> int:
    """Return the memory, in bytes, that `body` will take in addition when it is parsed as a message of this type.

    Raises:
        InvalidArgumentError: It is more than `limit_bytes`, or the message has more than `MAX_REQUEST_FIELDS`, or
            `body` is not such a message.
    """
    cost = _cost_of(cast("Descriptor", message.DESCRIPTOR))
    total_bytes = cost.message_bytes
    outer: list[tuple[int, _MessageCost]] = []
    at, end = 0, len(body)
    fields = 0
    while outer or at < end:
        if at == end:
            end, cost = outer.pop()
            continue
        try:
            key, at, field_end = read_field(body, at, end)
        except WireFormatError as error:
            raise InvalidArgumentError(
                "the request cannot be parsed: it is not the message that this method takes"
            ) from error
        number = key >> 3
        total_bytes += FIELD_BYTES
        fields += 1
        if number in cost.messages:
            outer.append((end, cost))
            end, cost = field_end, _cost_of(cost.messages[number])
            total_bytes += cost.message_bytes
        else:
            total_bytes += (field_end - at) * cost.factors.get(number, 1)
            at = field_end
        if total_bytes > limit_bytes or fields > MAX_REQUEST_FIELDS:
            raise InvalidArgumentError(
                f"the request, of {len(body)} bytes, has more than {MAX_REQUEST_FIELDS} fields or would take more than "
                f"{limit_bytes} bytes of memory; send less at a time, or tensors as tensor_content"
            )
    return total_bytes


@functools.cache
def _cost_of(descriptor: Descriptor) -> _MessageCost:
    messages = {field.number: field.message_type for field in descriptor.fields if field.message_type is not None}
    factors = {field.number: 8 for field in descriptor.fields if field.type in _EIGHT_BYTE_TYPES}
    factors |= {field.number: 4 for field in descriptor.fields if field.type in _FOUR_BYTE_TYPES}
    message_bytes = MESSAGE_BYTES + 8 * len(descriptor.fields)
    if descriptor.GetOptions().map_entry:  # its value takes memory whether one was sent or not
        message_bytes += sum(_cost_of(message).message_bytes for message in messages.values())
    return _MessageCost(message_bytes, messages, factors)
