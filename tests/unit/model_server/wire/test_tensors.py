"""TensorProtos become arrays, and arrays become TensorProtos."""

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from unit.model_server.wire.tensor_makers import any_size, typed

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire import tensors as codec
from tears.model_server.wire.dtypes import DTYPES, FIELDS, data_type_of, numpy_dtype
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import (
    ELEMENTS_PER_WRITE,
    Array,
    decode_inputs,
    decode_tensor,
    encode_tensor,
)
from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.tensor_pb2 import DataType

# Any NaN may be sent, but a narrow float must not change in a wider field.
WITH_NAN = {
    tensor_pb2.DT_FLOAT,
    tensor_pb2.DT_DOUBLE,
    tensor_pb2.DT_HALF,
    tensor_pb2.DT_COMPLEX64,
    tensor_pb2.DT_COMPLEX128,
}
DIMENSIONS = st.lists(st.integers(0, 5), max_size=4).map(tuple)


def bits(array: Array) -> bytes:
    return array.tobytes() if array.dtype != object else repr(array.tolist()).encode()


@given(st.data(), st.sampled_from(sorted(DTYPES)), DIMENSIONS)
def test_numbers_survive_in_content_and_in_typed_fields_bit_by_bit(
    data: st.DataObject, dtype: DataType, shape: tuple[int, ...]
) -> None:
    elements = {"allow_nan": False} if dtype in WITH_NAN else None
    sent = data.draw(arrays.arrays(DTYPES[dtype], shape, elements=elements))
    spec = any_size(dtype, len(shape))
    for tensor in (
        encode_tensor(sent),
        encode_tensor(sent, as_content=True),
        tensors.from_bytes(dtype, shape, sent.tobytes()),
    ):
        received = decode_tensor("t", tensor, spec)
        assert (bits(received), received.shape, received.dtype) == (bits(sent), shape, sent.dtype)


@given(st.lists(st.integers(0, 2**16 - 1), max_size=6))
def test_bfloat16_survives_as_bits(patterns: list[int]) -> None:
    sent = np.array(patterns, np.uint16).view(numpy_dtype(tensor_pb2.DT_BFLOAT16))
    for tensor in (encode_tensor(sent), encode_tensor(sent, as_content=True)):
        received = decode_tensor("t", tensor, any_size(tensor_pb2.DT_BFLOAT16, 1))
        assert received.view(np.uint16).tolist() == patterns


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_strings_survive_in_content_and_in_typed_fields(words: list[bytes]) -> None:
    sent = np.array(words, dtype=object)
    for tensor in (encode_tensor(sent), encode_tensor(sent, as_content=True)):
        assert decode_tensor("t", tensor, any_size(tensor_pb2.DT_STRING, 1)).tolist() == words


@given(st.binary(max_size=20), st.integers(0, 40) | st.integers(2**24, 2**31))
def test_any_string_content_becomes_strings_or_an_invalid_argument(content: bytes, count: int) -> None:
    try:
        array = decode_tensor(
            "t", typed(tensor_pb2.DT_STRING, [count], tensor_content=content), any_size(tensor_pb2.DT_STRING, 1)
        )
    except InvalidArgumentError:
        return
    assert array.shape == (count,)
    assert sum(map(len, array.tolist())) <= len(content)


def test_nan_and_infinity_survive() -> None:
    sent = np.array([np.nan, np.inf, -np.inf], np.float32)
    received = decode_tensor("t", encode_tensor(sent), any_size(tensor_pb2.DT_FLOAT, 1))
    np.testing.assert_array_equal(received, sent)


def test_of_several_dtypes_of_one_size_numpys_own_choice_is_taken() -> None:
    # All of them compare equal, but LiteRT knows only this one.
    for dtype in DTYPES.values():
        assert dtype.num == np.zeros(1, dtype.name).dtype.num


def test_content_is_not_copied() -> None:
    tensor = tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 3], np.arange(3, dtype="<f4").tobytes())
    array = decode_tensor("t", tensor, any_size(tensor_pb2.DT_FLOAT, 2))
    assert not array.flags.owndata
    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("dtype", "field", "sent", "meant"),
    [
        (tensor_pb2.DT_FLOAT, "float_val", [1.5, 2.5], [1.5, 2.5, 2.5, 2.5]),
        (tensor_pb2.DT_FLOAT, "float_val", [7.0], [7.0] * 4),
        (tensor_pb2.DT_DOUBLE, "double_val", [0.1, 0.2, 0.3], [0.1, 0.2, 0.3, 0.3]),
        (tensor_pb2.DT_INT8, "int_val", [-128], [-128] * 4),
        (tensor_pb2.DT_INT64, "int64_val", [2**63 - 1, -1], [2**63 - 1, -1, -1, -1]),
        (tensor_pb2.DT_BOOL, "bool_val", [True, False], [True, False, False, False]),
        (tensor_pb2.DT_HALF, "half_val", [0x3C00], [1.0] * 4),
        (tensor_pb2.DT_COMPLEX64, "scomplex_val", [1, 2, 3, 4], [1 + 2j, 3 + 4j, 3 + 4j, 3 + 4j]),
        (tensor_pb2.DT_COMPLEX128, "dcomplex_val", [], [0j] * 4),
        (tensor_pb2.DT_UINT32, "uint32_val", [2**32 - 1], [2**32 - 1] * 4),
        (tensor_pb2.DT_UINT64, "uint64_val", [2**64 - 1, 1], [2**64 - 1, 1, 1, 1]),
        (tensor_pb2.DT_STRING, "string_val", [b"a", b"b"], [b"a", b"b", b"b", b"b"]),
        (tensor_pb2.DT_FLOAT, "float_val", [], [0.0] * 4),
        (tensor_pb2.DT_STRING, "string_val", [], [b""] * 4),
    ],
)
def test_the_last_value_fills_the_shape(dtype: DataType, field: str, sent: list[Any], meant: list[Any]) -> None:
    tensor = typed(dtype, [2, 2], **{field: sent})
    assert decode_tensor("t", tensor, any_size(dtype, 2)).reshape(-1).tolist() == meant


def test_many_numbers_are_written_without_an_object_for_each_at_once() -> None:
    array = np.arange(8 * ELEMENTS_PER_WRITE + 1, dtype=np.float32)
    tracemalloc.start()
    try:
        sent = encode_tensor(array)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2 * array.nbytes  # a float and its place in a list have 32 bytes
    np.testing.assert_array_equal(decode_tensor("t", sent, any_size(tensor_pb2.DT_FLOAT, 1)), array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.bool_, np.uint8, np.int64])
def test_large_replies_are_written_without_a_python_number_for_each(
    dtype: type[np.generic], monkeypatch: pytest.MonkeyPatch
) -> None:
    array = (np.arange(3 * ELEMENTS_PER_WRITE + 7) % 100).astype(dtype)
    plain = tensor_pb2.TensorProto(dtype=data_type_of(dtype), tensor_shape=tensors.shape_proto(array.shape))
    field, stored = FIELDS[plain.dtype]
    getattr(plain, field).extend((array.view(stored) if stored else array).tolist())
    monkeypatch.setattr(codec, "getattr", None, raising=False)  # no field is filled number by number
    assert encode_tensor(array) == plain


def test_an_input_that_is_left_out_has_its_default() -> None:
    one = typed(tensor_pb2.DT_FLOAT, [1], float_val=[1])
    spec = any_size(tensor_pb2.DT_FLOAT, 1)
    signature = Signature({"x": spec, "bias": spec}, {}, defaults={"bias": one})
    two = typed(tensor_pb2.DT_FLOAT, [1], float_val=[2])
    assert {name: array.tolist() for name, array in decode_inputs({"x": two}, signature).items()} == {
        "x": [2.0],
        "bias": [1.0],
    }
    with pytest.raises(InvalidArgumentError, match=r"Signature input alias: x\(feed name: t\) not found in request"):
        decode_inputs({}, signature)


NAMED = Signature(
    {
        "a": TensorSpec("serving_default_a:0", tensor_pb2.DT_FLOAT, (2,)),
        "b": TensorSpec("in_b:0", tensor_pb2.DT_FLOAT, (2,)),
    },
    {"sum": TensorSpec("PartitionedCall:0", tensor_pb2.DT_FLOAT, (2,))},
    takes_tensor_names=True,
)


@pytest.mark.parametrize(
    ("inputs", "output_filter", "used_inputs", "used_outputs"),
    [
        (["a", "b"], [], ["a", "b"], ["sum"]),
        (["serving_default_a", "in_b"], [], ["serving_default_a", "in_b"], ["PartitionedCall"]),
        (["in_b:0", "serving_default_a:0"], [], ["serving_default_a:0", "in_b:0"], ["PartitionedCall"]),
        (["in_b"], [], ["serving_default_a", "in_b"], ["PartitionedCall"]),
        (["a", "b"], ["PartitionedCall:0"], ["a", "b"], ["PartitionedCall:0"]),
        (["serving_default_a", "in_b"], ["sum"], ["serving_default_a", "in_b"], ["sum"]),
        (["a", "in_b"], [], ["a", "b"], ["sum"]),
        (["x", "y"], ["z"], ["a", "b"], ["sum"]),
    ],
)
def test_the_names_of_tensors_may_be_used_instead_of_a_signatures_own(
    inputs: list[str], output_filter: list[str], used_inputs: list[str], used_outputs: list[str]
) -> None:
    used = NAMED.named_as(inputs, output_filter)
    assert (list(used.inputs), list(used.outputs)) == (used_inputs, used_outputs)


def test_tensors_of_one_operation_keep_their_numbers() -> None:
    outputs = {name: TensorSpec(f"PartitionedCall:{k}", tensor_pb2.DT_FLOAT, (2,)) for k, name in enumerate("yz")}
    used = replace(NAMED, outputs=outputs).named_as(["serving_default_a", "in_b"])
    assert list(used.outputs) == ["PartitionedCall:0", "PartitionedCall:1"]


def test_only_files_of_tflite_take_the_names_of_tensors() -> None:
    plain = replace(NAMED, takes_tensor_names=False)
    assert plain.named_as(["serving_default_a", "in_b"]) is plain
