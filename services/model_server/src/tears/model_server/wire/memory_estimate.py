"""How much memory a message will take once it is parsed, told from its bytes alone.

An empty element of a list costs two bytes on the wire and seventy times that in memory, so a limit on a message's
length is none on its memory. What is counted here is a rough sum over the message's own fields; strings, bytes and
numbers are skipped over, so an array of audio is weighed in microseconds.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tears.model_server.errors import InvalidArgumentError

MAX_FIELDS: Final = 1_000_000  # which take a second to count
FIELD_BYTES: Final = 16  # a field's place in a list, or a string's head; rounded up
MESSAGE_BYTES: Final = 32  # an empty message, its place in a list and, in a map, its place there

# What a byte of packed numbers may become: a varint of one byte is a number of four or eight.
_WIDE: Final = frozenset({FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_SINT64})
_NARROW: Final = frozenset(
    {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_ENUM}
)

# How a field is written. 3 and 4, groups, are older than any message here.
_VARINT: Final = 0
_LENGTH: Final = 2
_FIXED_BYTES: Final = {1: 8, 5: 4}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a message of one type costs, and which of its fields cost more than their length."""

    message_bytes: int
    messages: Mapping[int, Descriptor]
    factors: Mapping[int, int]


def weigh(body: bytes, message: type[Message], *, limit_bytes: int) -> int:
    """The memory, in bytes, that `body` will take beside itself when it is parsed as a message of this type.

    Raises:
        InvalidArgumentError: It is more than `limit_bytes`, in more than `MAX_FIELDS`, or `body` is no such message.
    """
    plan = _plan(cast("Descriptor", message.DESCRIPTOR))
    weight = plan.message_bytes
    outer: list[tuple[int, _Plan]] = []
    at, end = 0, len(body)
    fields = 0
    while outer or at < end:
        if at == end:
            end, plan = outer.pop()
            continue
        number, length, at = _field(body, at, end)
        weight += FIELD_BYTES
        fields += 1
        if number in plan.messages:
            outer.append((end, plan))
            end, plan = at + length, _plan(plan.messages[number])
            weight += plan.message_bytes
        else:
            weight += length * plan.factors.get(number, 1)
            at += length
        if weight > limit_bytes or fields > MAX_FIELDS:
            raise InvalidArgumentError(
                f"the request, of {len(body)} bytes, has more than {MAX_FIELDS} fields or would take more than "
                f"{limit_bytes} bytes of memory; send less at a time, or tensors as tensor_content"
            )
    return weight


def _field(body: bytes, at: int, end: int) -> tuple[int, int, int]:
    """The number of the field that begins at `at`, the length of what it holds if it is long, and where that begins."""
    key, at = _varint(body, at, end)
    number, kind = key >> 3, key & 7
    if kind == _LENGTH:
        length, at = _varint(body, at, end)
    elif kind == _VARINT:
        length, (_, at) = 0, _varint(body, at, end)
    elif kind in _FIXED_BYTES:
        length, at = 0, at + _FIXED_BYTES[kind]
    else:
        raise _broken()
    if at + length > end:
        raise _broken()
    return number, length, at


@functools.cache
def _plan(descriptor: Descriptor) -> _Plan:
    messages = {field.number: field.message_type for field in descriptor.fields if field.message_type is not None}
    factors = {field.number: 8 for field in descriptor.fields if field.type in _WIDE}
    factors |= {field.number: 4 for field in descriptor.fields if field.type in _NARROW}
    message_bytes = MESSAGE_BYTES + 8 * len(descriptor.fields)
    if descriptor.GetOptions().map_entry:  # holds its value, whether one was sent or not
        message_bytes += sum(_plan(message).message_bytes for message in messages.values())
    return _Plan(message_bytes, messages, factors)


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= end:
            break
        group = body[at]
        at += 1
        number |= (group & 0x7F) << shift
        if group < 0x80:  # noqa: PLR2004 - the eighth bit says that more follow
            return number, at
    raise _broken()


def _broken() -> InvalidArgumentError:
    return InvalidArgumentError("the request cannot be parsed: it is not the message that this method takes")
