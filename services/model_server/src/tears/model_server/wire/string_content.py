"""Strings in a TensorProto's `tensor_content`: the length of each as a varint, then the bytes of all, end to end.

The layout is TensorFlow's own (`EncodeStringList` in tensorflow/core/platform/coding).
"""

from collections.abc import Sequence

from tears.model_server.wire.protobuf_fields import WireFormatError, read_varint, write_varint
from tears.tfserving.tensors import TensorError


def join_strings(strings: Sequence[bytes]) -> bytes:
    """Return the content that holds `strings`."""
    return b"".join([*(write_varint(len(string)) for string in strings), *strings])


def split_strings(content: bytes, count: int) -> list[bytes]:
    """Return the `count` strings in `content`.

    Raises:
        TensorError: The content has fewer strings, or does not end with the last of them.
    """
    lengths: list[int] = []
    at = 0
    try:
        # Each length takes at least one byte, so the loop ends with the content, however large `count` is.
        for _ in range(count):
            length, at = read_varint(content, at, len(content))
            lengths.append(length)
    except WireFormatError as error:
        raise TensorError(f"the lengths of the strings in tensor_content cannot be read: {error}") from error
    if at + sum(lengths) != len(content):
        raise TensorError(f"tensor_content has {len(content)} bytes; its {count} strings need {at + sum(lengths)}")
    strings = []
    for length in lengths:
        strings.append(content[at : at + length])
        at += length
    return strings
