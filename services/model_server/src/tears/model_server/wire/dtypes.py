"""The element types of tensors: the numpy dtype of each, and the field of a TensorProto that holds its values."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2

_NUMPY_CODES: Final = {
    **{data_type: "<" + layout.code for data_type, layout in tensors.TENSOR_LAYOUTS.items()},
    tensor_pb2.DT_COMPLEX64: "<c8",
    tensor_pb2.DT_COMPLEX128: "<c16",
}

# Little endian, as on the wire. The detour over `str` is there because numpy has several types of one size, and LiteRT
# knows only the one that numpy itself would choose: `q` is a long long, `<i8` is an int64.
DTYPES: Final[Mapping[int, np.dtype[Any]]] = {
    data_type: np.dtype(np.dtype(code).str) for data_type, code in _NUMPY_CODES.items()
}
_DATA_TYPES: Final = {DTYPES[data_type]: data_type for data_type in _NUMPY_CODES}

# The typed field of a dtype, and the type that its values have there if that is not the dtype itself: half floats are
# 16-bit integers, complex numbers are two floats.
FIELDS: Final[Mapping[int, tuple[str, type[np.generic] | None]]] = {
    **{data_type: (layout.field, None) for data_type, layout in tensors.TENSOR_LAYOUTS.items()},
    tensor_pb2.DT_HALF: ("half_val", np.uint16),
    tensor_pb2.DT_BFLOAT16: ("half_val", np.uint16),
    tensor_pb2.DT_COMPLEX64: ("scomplex_val", np.float32),
    tensor_pb2.DT_COMPLEX128: ("dcomplex_val", np.float64),
}


def numpy_dtype(data_type: int) -> np.dtype[Any]:
    """Return the numpy dtype of a tensor's elements; strings are objects of type bytes.

    Raises:
        KeyError: It is not supported, as quantised numbers and resource handles.
    """
    if data_type == tensor_pb2.DT_STRING:
        return np.dtype(object)
    if data_type == tensor_pb2.DT_BFLOAT16:
        return _bfloat16()
    return DTYPES[data_type]


def data_type_of(dtype: npt.DTypeLike) -> tensor_pb2.DataType:
    """Return the data type of a numpy dtype; bytes and objects are strings.

    Raises:
        KeyError: It is not supported.
    """
    plain = np.dtype(dtype)
    if plain in _DATA_TYPES:
        return _DATA_TYPES[plain]
    if plain.kind in "SO":
        return tensor_pb2.DT_STRING
    if plain.name == "bfloat16":
        return tensor_pb2.DT_BFLOAT16
    raise KeyError(plain)


def _bfloat16() -> np.dtype[Any]:
    """Return a dtype that numpy itself does not have; few models use it, and importing it costs megabytes."""
    import ml_dtypes  # noqa: PLC0415 - see above

    dtype: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return dtype
