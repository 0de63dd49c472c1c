"""Put the rows of several requests together and take them apart again, as pure functions."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from tears.model_server.engines.servable import Arrays
from tears.model_server.errors import FailedPreconditionError, InvalidArgumentError
from tears.model_server.wire.tensors import Array


def row_count(inputs: Arrays) -> int:
    """Return the first size, which all inputs of a request share.

    Raises:
        InvalidArgumentError: The inputs differ in it, or one has no size; the wording is TF Serving's.
    """
    if any(array.ndim == 0 for array in inputs.values()):
        raise InvalidArgumentError("Batching session Run() input tensors must have at least one dimension")
    sizes = {len(array) for array in inputs.values()}
    if len(sizes) != 1:
        raise InvalidArgumentError("Batching session Run() input tensors must have equal 0th-dimension size")
    return sizes.pop()


def added_bytes(requests: Sequence[Arrays], total: int, *, pads: bool) -> int:
    """Return the most bytes that `merge_rows` adds. Strings count fully, because an engine copies each of them."""
    added = 0
    for alias in requests[0]:
        arrays = [request[alias] for request in requests]
        shapes = [array.shape[1:] for array in arrays]
        row = math.prod(map(max, zip(*shapes, strict=True)) if pads else shapes[-1])
        elements = total * row - sum(array.size for array in arrays)
        if elements:  # else the slow search for the longest string is not needed
            added += elements * max(map(_largest_element_bytes, arrays))
    return added


def merge_rows(requests: Sequence[Arrays], total: int, *, pads: bool) -> dict[str, Array]:
    """Join the inputs of several requests, and fill them up to `total` rows with the last request's first row.

    Args:
        requests: The inputs of each request, by the same names, and with the same shapes except for the first size
            unless `pads`.
        total: At least the number of rows that they have together.
        pads: Whether other sizes are padded to the largest of each, with each input's first element, as in TF Serving.
    """
    merged: dict[str, Array] = {}
    for alias in requests[0]:
        arrays = [request[alias] for request in requests]
        if pads:
            sizes = np.max([array.shape[1:] for array in arrays], axis=0)
            arrays = [_padded(array, sizes) for array in arrays]
        missing = total - sum(map(len, arrays))
        if missing:
            arrays.append(np.repeat(arrays[-1][:1], missing, axis=0))
        merged[alias] = np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
    return merged


def split_rows(results: Arrays, sizes: Sequence[int], total: int) -> Iterator[dict[str, Array]]:
    """Yield each request's rows of the outputs, as views, without the rows that were filled up.

    Raises:
        FailedPreconditionError: An output has another number of rows than the batch; the wording is TF Serving's.
    """
    for array in results.values():
        if array.ndim == 0:
            raise FailedPreconditionError("Batched output tensor has 0 dimensions")
        if len(array) != total:
            raise FailedPreconditionError(
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input "
                "tensors"
            )
    ends = np.cumsum(sizes)
    return (
        {alias: array[end - size : end] for alias, array in results.items()}
        for end, size in zip(ends.tolist(), sizes, strict=True)
    )


def _largest_element_bytes(array: Array) -> int:
    return array.itemsize + (max(map(len, array.flat), default=0) if array.dtype == object else 0)


def _padded(array: Array, sizes: Sequence[int]) -> Array:
    """Return `array` with at least these sizes after the first."""
    widths = [(0, 0), *((0, int(size) - given) for size, given in zip(sizes, array.shape[1:], strict=True))]
    if not any(after for _, after in widths):
        return array
    nothing = b"" if array.dtype == object else 0
    return np.pad(array, widths, constant_values=array.flat[0] if array.size else nothing)
