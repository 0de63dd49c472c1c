"""The estimate of a message's memory before it is parsed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.network.wire import field

from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.memory_estimate import MAX_REQUEST_FIELDS, estimate_message_bytes
from tears.tfserving import tensors
from tears.tfserving.v1 import classification_pb2, predict_pb2, tensor_pb2

NO_LIMIT = 2**60
MIB = 1024 * 1024


def of_tensor(content: bytes) -> bytes:
    """Return a PredictRequest whose one input is a tensor of these bytes."""
    return field(2, field(1, b"x") + field(2, content))


def weight(body: bytes, limit_bytes: int = NO_LIMIT) -> int:
    return estimate_message_bytes(body, predict_pb2.PredictRequest, limit_bytes=limit_bytes)


def test_an_array_is_estimated_at_about_its_length() -> None:
    request = predict_pb2.PredictRequest(model_spec={"name": "cry"})
    request.inputs["waveform"].CopyFrom(tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 110_250], bytes(441_000)))
    request.inputs["packed"].CopyFrom(tensor_pb2.TensorProto(float_val=[0.5] * 1000))
    body = request.SerializeToString()
    assert len(body) <= weight(body) < len(body) + 2000


# Measured with upb on messages of 8 MiB: by how many bytes the process grew for each byte.
@pytest.mark.parametrize(
    ("body", "measured"),
    [
        (of_tensor(field(2, field(2, b"") * 50_000)), 22),
        (field(2, b"") * 50_000, 70),
        (of_tensor(field(8, b"") * 50_000), 7),
        (of_tensor(field(10, bytes(100_000))), 7),
        (of_tensor(field(7, bytes(100_000))), 3),
    ],
    ids=["dimensions", "inputs", "strings", "int64s", "int32s"],
)
def test_the_estimate_is_above_the_measured_growth(body: bytes, measured: int) -> None:
    assert weight(body) >= measured * len(body)


def test_a_request_that_would_take_too_much_memory_is_refused_with_a_cure() -> None:
    with pytest.raises(InvalidArgumentError, match="would take more than 1048576 bytes of memory; send less at a time"):
        weight(field(2, b"") * 50_000, MIB)


def test_a_million_fields_are_enough() -> None:
    with pytest.raises(InvalidArgumentError, match=f"more than {MAX_REQUEST_FIELDS} fields"):
        weight(of_tensor(b"\x08\x01" * (MAX_REQUEST_FIELDS + 1)))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_estimated_or_refused(body: bytes) -> None:
    for message in (predict_pb2.PredictRequest, classification_pb2.ClassificationRequest):
        try:
            weighed = estimate_message_bytes(body, message, limit_bytes=NO_LIMIT)
        except InvalidArgumentError:
            continue
        assert weighed >= 0


@pytest.mark.parametrize("body", [b"\x12\x05x", b"\x0a", b"\x08" + b"\xff" * 11, b"\x0b", b"\x0d\x00", b"\x09\x00"])
def test_bytes_that_end_too_early_or_are_not_a_message_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgumentError, match="cannot be parsed"):
        weight(body)


@settings(deadline=None)
@given(st.builds(predict_pb2.PredictRequest, output_filter=st.lists(st.text(max_size=20), max_size=20)))
def test_every_message_that_protobuf_writes_can_be_estimated(request: predict_pb2.PredictRequest) -> None:
    assert weight(request.SerializeToString()) >= request.ByteSize() - len(request.output_filter) * 2
