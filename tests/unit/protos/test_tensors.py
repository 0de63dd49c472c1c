"""TensorProtos without numpy: their values, and shapes that claim too much."""

import struct

import pytest

from tears.tfserving import tensors
from tears.tfserving.tensors import TensorError
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.tensor_pb2 import TensorProto


def float_tensor(shape: list[int], *values: float) -> TensorProto:
    return TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape=tensors.shape_proto(shape), float_val=values)


def test_content_is_read_row_by_row_as_little_endian() -> None:
    tensor = tensors.from_bytes(tensor_pb2.DT_INT16, [2, 2], struct.pack("<4h", 1, -2, 3, -4))
    assert tensors.shape_of(tensor) == (2, 2)
    assert tensors.numbers(tensor) == [1, -2, 3, -4]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [((1.0, 2.0, 3.0), [1.0, 2.0, 3.0]), ((1.0, 2.0), [1.0, 2.0, 2.0]), ((5.0,), [5.0, 5.0, 5.0]), ((), [0.0] * 3)],
)
def test_the_last_value_stands_for_all_that_are_missing(sent: tuple[float, ...], meant: list[float]) -> None:
    assert tensors.numbers(float_tensor([3], *sent)) == meant


def test_half_floats_travel_as_bits() -> None:
    shape = tensors.shape_proto([2])
    tensor = TensorProto(dtype=tensor_pb2.DT_HALF, tensor_shape=shape, half_val=[0x3C00, 0xC000])
    assert tensors.numbers(tensor) == [1.0, -2.0]


def test_a_scalar_has_one_element_and_an_empty_tensor_has_none() -> None:
    assert tensors.numbers(float_tensor([], 4.0)) == [4.0]
    assert tensors.numbers(float_tensor([0, 7])) == []


@pytest.mark.parametrize(
    "tensor",
    [
        float_tensor([-1], 1.0),
        float_tensor([2], 1.0, 2.0, 3.0),
        float_tensor([1] * 33, 1.0),
        float_tensor([2**62, 2**62], 1.0),
        float_tensor([1_000_001], 1.0),
        TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape={"unknown_rank": True}),
        TensorProto(dtype=tensor_pb2.DT_STRING, string_val=[b"cry"]),
        TensorProto(dtype=tensor_pb2.DT_INVALID),
        tensors.from_bytes(tensor_pb2.DT_FLOAT, [2], b"seven b"),
        tensors.from_bytes(tensor_pb2.DT_FLOAT, [1], b"\0" * 8),
    ],
    ids=lambda tensor: str(tensor).replace("\n", " ")[:40],
)
def test_a_tensor_that_contradicts_itself_or_asks_for_too_much_is_refused(tensor: TensorProto) -> None:
    with pytest.raises(TensorError):
        tensors.numbers(tensor)


def test_many_huge_sizes_are_refused_without_multiplying_them_all() -> None:
    with pytest.raises(TensorError, match="more than 10 elements"):
        tensors.element_count([2**63 - 1] * 30, limit=10)


def test_an_unknown_dtype_is_named_by_its_number() -> None:
    assert tensors.dtype_name(tensor_pb2.DT_FLOAT) == "DT_FLOAT"
    assert tensors.dtype_name(4711) == "DataType(4711)"
