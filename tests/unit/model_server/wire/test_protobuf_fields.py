"""A walk over the fields of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.network.wire import field

from tears.model_server.wire.protobuf_fields import WireFormatError, read_field, read_varint, write_varint


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_a_varint_is_read_as_it_was_written(number: int, rest: bytes) -> None:
    written = write_varint(number)
    assert read_varint(written + rest, 0, len(written + rest)) == (number, len(written))


@pytest.mark.parametrize(
    ("body", "max_varint_bytes", "complaint"),
    [
        (b"", 10, "the bytes end inside a number"),
        (b"\x80", 10, "the bytes end inside a number"),
        (b"\xff" * 11, 10, "a number has too many bytes"),
        (b"\x80" * 5 + b"\x00", 5, "a number has too many bytes"),
    ],
)
def test_a_varint_that_does_not_end_is_refused(body: bytes, max_varint_bytes: int, complaint: str) -> None:
    with pytest.raises(WireFormatError, match=complaint):
        read_varint(body, 0, len(body), max_varint_bytes)


@pytest.mark.parametrize(
    ("body", "begin", "end"),
    [(field(3, b"crying"), 2, 8), (b"\x18\x96\x01", 3, 3), (b"\x19" + bytes(8), 9, 9), (b"\x1d" + bytes(4), 5, 5)],
    ids=["bytes", "number", "eight bytes", "four bytes"],
)
def test_a_field_ends_where_the_next_begins(body: bytes, begin: int, end: int) -> None:
    key, found_begin, found_end = read_field(body + b"\x08\x01", 0, len(body) + 2)
    assert (key >> 3, found_begin, found_end) == (3, begin, end)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [(b"\x1a\x05cry", "ends after its message"), (b"\x1d\x00", "ends after its message"), (b"\x1b", "unknown kind")],
)
def test_a_field_that_does_not_end_in_its_message_is_refused(body: bytes, complaint: str) -> None:
    with pytest.raises(WireFormatError, match=complaint):
        read_field(body, 0, len(body))
