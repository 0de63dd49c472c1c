"""Protobuf's wire format, as far as it takes to walk over the fields of a message without parsing it."""

from typing import Final

# How a field is written: the last three bits of its key. 3 and 4, groups, are older than any message here.
VARINT_FIELD: Final = 0
LENGTH_DELIMITED_FIELD: Final = 2
_FIXED_FIELD_BYTES: Final = {1: 8, 5: 4}

MAX_VARINT_BYTES: Final = 10  # 64 bits, in groups of seven


class WireFormatError(ValueError):
    """Raised when bytes do not follow protobuf's wire format."""


def read_field(
    body: bytes | memoryview, at: int, end: int, max_varint_bytes: int = MAX_VARINT_BYTES
) -> tuple[int, int, int]:
    """Read over the field that begins at `at`.

    Returns:
        Its key; where its content begins, if it is length-delimited, and where the field ends otherwise; and where the
        field ends.

    Raises:
        WireFormatError: It does not end before `end`, or is not a field.
    """
    key, begin = read_varint(body, at, end, max_varint_bytes)
    kind = key & 7
    if kind == LENGTH_DELIMITED_FIELD:
        length, begin = read_varint(body, begin, end, max_varint_bytes)
        field_end = begin + length
    elif kind == VARINT_FIELD:
        begin = field_end = read_varint(body, begin, end, max_varint_bytes)[1]
    elif kind in _FIXED_FIELD_BYTES:
        begin = field_end = begin + _FIXED_FIELD_BYTES[kind]
    else:
        raise WireFormatError("a field of an unknown kind")
    if field_end > end:
        raise WireFormatError("a field ends after its message")
    return key, begin, field_end


def read_varint(
    body: bytes | memoryview, at: int, end: int, max_varint_bytes: int = MAX_VARINT_BYTES
) -> tuple[int, int]:
    """Return the number that begins at `at`, and where it ends.

    Raises:
        WireFormatError: It does not end before `end`, or has more than `max_varint_bytes`.
    """
    number = shift = 0
    while at < end and shift < 7 * max_varint_bytes:
        group = body[at]
        at += 1
        if group < 0x80:  # noqa: PLR2004 - the eighth bit says that more follow
            return number | group << shift, at
        number |= (group & 0x7F) << shift
        shift += 7
    raise WireFormatError("a number has too many bytes" if at < end else "the bytes end inside a number")


def write_varint(number: int) -> bytes:
    """Return a number >= 0 as a varint."""
    groups = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte, the eighth says that more follow
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)
