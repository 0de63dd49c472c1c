"""Strings in a TensorProto's `tensor_content`: the length of each as a varint, then the bytes of all, end to end.

The layout is TensorFlow's own (`EncodeStringList` in tensorflow/core/platform/coding).
"""

from __future__ import annotations

from collections.abc import Sequence

from tears.tfserving.tensors import TensorError


def join(strings: Sequence[bytes]) -> bytes:
    """The content that holds `strings`."""
    return b"".join([*(_varint(len(string)) for string in strings), *strings])


def split(content: bytes, count: int) -> list[bytes]:
    """The `count` strings in `content`.

    Raises:
        TensorError: It holds fewer, or ends elsewhere than its last string.
    """
    lengths: list[int] = []
    at = 0
    # A length takes a byte at least, so a count that the content cannot hold ends with the content.
    for _ in range(count):
        length, at = _read_varint(content, at)
        lengths.append(length)
    if at + sum(lengths) != len(content):
        raise TensorError(f"tensor_content has {len(content)} bytes; its {count} strings need {at + sum(lengths)}")
    strings = []
    for length in lengths:
        strings.append(content[at : at + length])
        at += length
    return strings


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte, the eighth says that more follow
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _read_varint(content: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends."""
    number = 0
    for place in range(0, 64, 7):
        if at >= len(content):
            raise TensorError("tensor_content ends inside the lengths of its strings")
        group = content[at]
        at += 1
        number |= (group & 0x7F) << place
        if group < 0x80:  # noqa: PLR2004 - the last group of the number
            return number, at
    raise TensorError("tensor_content holds a length of more than 64 bits")
