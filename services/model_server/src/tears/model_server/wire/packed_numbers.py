"""Write the packed fields of protobuf from arrays: varints, in groups of seven bits, the lowest first."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

_BITS_PER_GROUP: Final = 7
_MORE_FOLLOWS: Final = np.uint8(0x80)


def packed_varints(values: npt.NDArray[Any]) -> bytes:
    """Return integers, of shape (n,), as varints one after another, as protobuf writes them.

    A negative number counts as its two's complement of 64 bits, whatever the dtype, and so has ten bytes. The memory
    for it is about 30 times that of n bytes.
    """
    signless = np.uint64 if values.dtype.kind == "u" else np.int64
    numbers = values.astype(signless).view(np.uint64)
    if not numbers.size:
        return b""
    width = max(1, -(-int(numbers.max()).bit_length() // _BITS_PER_GROUP))
    groups = np.empty((numbers.size, width), np.uint8)
    is_there = np.ones((numbers.size, width), np.bool_)
    for place in range(width):
        groups[:, place] = numbers
        numbers = numbers >> np.uint64(_BITS_PER_GROUP)
        has_more = numbers != 0
        groups[:, place] = np.where(has_more, groups[:, place] | _MORE_FOLLOWS, groups[:, place] & ~_MORE_FOLLOWS)
        if place + 1 < width:
            is_there[:, place + 1] = has_more
    return groups[is_there].tobytes()
