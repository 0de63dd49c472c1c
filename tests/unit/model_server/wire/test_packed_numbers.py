"""Packed fields that are written from arrays have the bytes that protobuf itself writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tears.model_server.wire.packed_numbers import packed_varints
from tears.model_server.wire.tensors import ELEMENTS_PER_WRITE, encode_tensor
from tears.tfserving.v1 import tensor_pb2

FIELDS = {
    np.int8: "int_val",
    np.uint8: "int_val",
    np.int16: "int_val",
    np.uint16: "int_val",
    np.int32: "int_val",
    np.int64: "int64_val",
    np.uint32: "uint32_val",
    np.uint64: "uint64_val",
}


@given(st.data(), st.sampled_from(sorted(FIELDS, key=str)))
def test_integers_have_the_bytes_that_protobuf_writes(data: st.DataObject, dtype: type[np.integer]) -> None:
    values = data.draw(arrays.arrays(dtype, st.integers(0, 40)))
    tensor = tensor_pb2.TensorProto(dtype=encode_tensor(values).dtype)
    tensor.tensor_shape.dim.add(size=len(values))
    getattr(tensor, FIELDS[dtype]).extend(values.tolist())

    assert encode_tensor(values).SerializeToString(deterministic=True) == tensor.SerializeToString(deterministic=True)


@pytest.mark.parametrize("dtype", FIELDS)
def test_the_limits_of_each_length_have_the_bytes_that_protobuf_writes(dtype: type[np.integer]) -> None:
    info = np.iinfo(dtype)
    edges = {0, info.min, info.max}
    edges |= {sign * (1 << 7 * k) + step for k in range(1, 10) for sign in (1, -1) for step in (-1, 0, 1)}
    values = np.array(sorted(edge for edge in edges if info.min <= edge <= info.max), dtype)
    tensor = tensor_pb2.TensorProto()
    getattr(tensor, FIELDS[dtype]).extend(values.tolist())

    assert tensor.SerializeToString().endswith(packed_varints(values))
    assert getattr(encode_tensor(values), FIELDS[dtype]) == getattr(tensor, FIELDS[dtype])


def test_halves_and_a_field_of_many_pieces_have_the_bytes_that_protobuf_writes() -> None:
    halves = np.arange(-300, 300, dtype=np.float16)
    tensor = tensor_pb2.TensorProto()
    tensor.half_val.extend(halves.view(np.uint16).tolist())
    assert encode_tensor(halves).half_val == tensor.half_val

    many = np.arange(2 * ELEMENTS_PER_WRITE + 5, dtype=np.int64) * 977 - 10**6
    tensor = tensor_pb2.TensorProto(dtype=tensor_pb2.DT_INT64)
    tensor.tensor_shape.dim.add(size=len(many))
    tensor.int64_val.extend(many.tolist())
    assert encode_tensor(many).SerializeToString(deterministic=True) == tensor.SerializeToString(deterministic=True)


def test_nothing_is_written_as_nothing() -> None:
    assert packed_varints(np.array([], np.int64)) == b""
