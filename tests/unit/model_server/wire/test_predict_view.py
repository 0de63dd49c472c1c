"""Predict requests whose tensors are not copied."""

from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from tears.model_server.wire import predict_view
from tears.model_server.wire.predict_view import (
    MAX_REQUEST_REST_BYTES,
    MAX_TENSOR_REST_BYTES,
    MIN_VIEW_BYTES,
    PredictRequestView,
    unparsed_predict,
)
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import decode_inputs
from tears.tfserving import tensors
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.predict_pb2 import PredictRequest
from tears.tfserving.v1.tensor_pb2 import TensorProto

WINDOW = np.arange(MIN_VIEW_BYTES, dtype=np.float32).reshape(1, -1)


def request(**inputs: TensorProto) -> PredictRequest:
    return PredictRequest(model_spec={"name": "cry", "version": {"value": 3}}, inputs=inputs, output_filter=["noise"])


def window() -> TensorProto:
    return tensors.from_bytes(tensor_pb2.DT_FLOAT, WINDOW.shape, WINDOW.tobytes())


def parse_predict(body: bytes) -> PredictRequest | PredictRequestView:
    parcel = unparsed_predict(body)
    return parcel.parse(parcel.body)


def whole(parsed: PredictRequest | PredictRequestView) -> PredictRequest:
    """Return what was parsed, as one message."""
    if isinstance(parsed, PredictRequest):
        return parsed
    made = PredictRequest()
    made.CopyFrom(parsed._rest)
    made.inputs.clear()
    for name, tensor in parsed.inputs.items():
        if isinstance(tensor, TensorProto):
            made.inputs[name].CopyFrom(tensor)
        else:
            made.inputs[name].CopyFrom(tensor._rest)
            made.inputs[name].tensor_content = bytes(tensor.tensor_content)
    return made


def test_a_large_tensor_is_a_view_of_the_request() -> None:
    body = request(waveform=window()).SerializeToString()
    parsed = parse_predict(body)
    assert isinstance(parsed, PredictRequestView)
    assert (parsed.model_spec.name, parsed.HasField("model_spec"), list(parsed.output_filter)) == (
        "cry",
        True,
        ["noise"],
    )
    signature = Signature({"waveform": TensorSpec("w", tensor_pb2.DT_FLOAT, (1, -1))}, {})
    array = decode_inputs(parsed.inputs, signature)["waveform"]
    np.testing.assert_array_equal(array, WINDOW)
    assert np.shares_memory(array, np.frombuffer(body, np.uint8))


def test_small_tensors_beside_a_large_one_are_parsed_by_protobuf() -> None:
    small = tensors.from_bytes(tensor_pb2.DT_INT32, [1], b"\1\0\0\0")
    sent = request(waveform=window(), gain=small)
    parsed = parse_predict(sent.SerializeToString())
    assert isinstance(parsed.inputs["gain"], TensorProto)
    assert whole(parsed) == sent


def test_only_the_rest_of_a_cut_request_is_weighed() -> None:
    small = tensors.from_bytes(tensor_pb2.DT_INT8, [MIN_VIEW_BYTES // 2], bytes(MIN_VIEW_BYTES // 2))
    sent = request(waveform=window(), **{f"x{k}": small for k in range(4)})
    left = unparsed_predict(sent.SerializeToString()).body
    assert sorted(PredictRequest.FromString(left).inputs) == ["x0", "x1", "x2", "x3"]
    assert len(left) < 4 * MIN_VIEW_BYTES


def test_strings_in_content_are_read_from_the_view() -> None:
    text = b"x" * MIN_VIEW_BYTES
    tensor = tensors.from_bytes(tensor_pb2.DT_STRING, [1], b"\x80\x80\x01" + text)
    parsed = parse_predict(request(words=tensor).SerializeToString())
    assert isinstance(parsed, PredictRequestView)
    signature = Signature({"words": TensorSpec("w", tensor_pb2.DT_STRING, (-1,))}, {})
    assert decode_inputs(parsed.inputs, signature)["words"].tolist() == [text]


def test_nothing_is_cut_if_no_tensor_is_large_or_much_would_be_left() -> None:
    small = tensors.from_bytes(tensor_pb2.DT_INT8, [MIN_VIEW_BYTES // 2], bytes(MIN_VIEW_BYTES // 2))
    nothing_large = request(**{f"x{k}": small for k in range(4)})
    much_left = request(
        waveform=window(), **{f"x{k}": small for k in range(1 + 2 * MAX_REQUEST_REST_BYTES // MIN_VIEW_BYTES)}
    )
    for sent in (nothing_large, much_left):
        body = sent.SerializeToString()
        assert unparsed_predict(body).body is body


def test_a_key_that_is_longer_than_protobuf_takes_is_left_to_it() -> None:
    body = request(waveform=window()).SerializeToString()
    key, overlong = b"\x22\x80\x80\x04", b"\xa2\x80\x80\x80\x80\x80\x00\x80\x80\x04"
    assert body.count(key) == 1
    spoilt = window().SerializeToString().replace(key, overlong)
    entry = b"\x0a\x01x\x12" + _length(len(spoilt)) + spoilt
    sent = b"\x12" + _length(len(entry)) + entry
    with pytest.raises(DecodeError):
        parse_predict(sent)


def _length(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14])


def test_an_unusual_request_is_left_to_protobuf() -> None:
    twice = request(waveform=window()).SerializeToString() + request(waveform=window()).SerializeToString()
    typed = request(waveform=TensorProto(dtype=tensor_pb2.DT_FLOAT, float_val=WINDOW[0].tolist())).SerializeToString()
    negative = window()
    negative.dtype = -1  # type: ignore[assignment]  # an open enum carries any number
    many = PredictRequest(output_filter=["noise"] * (MIN_VIEW_BYTES // 4)).SerializeToString()
    more = window()
    more.int_val.extend([1] * (MAX_TENSOR_REST_BYTES + 1))  # one byte each on the wire, four bytes once parsed
    others = (request(waveform=tensor).SerializeToString() for tensor in (negative, more))
    for body in (twice, typed, many, *others):
        parsed = parse_predict(body)
        assert isinstance(parsed, PredictRequest)
        assert parsed == PredictRequest.FromString(body)


TENSORS = st.builds(
    TensorProto,
    dtype=st.sampled_from([tensor_pb2.DT_FLOAT, tensor_pb2.DT_INT8]),
    tensor_shape=st.lists(st.integers(-2, 2**40), max_size=3).map(tensors.shape_proto),
    tensor_content=st.binary(max_size=12),
    float_val=st.lists(st.floats(width=32, allow_nan=False), max_size=3),
    int_val=st.lists(st.integers(-5, 5), max_size=3),
)
REQUESTS = st.builds(
    PredictRequest,
    model_spec=st.just({"name": "cry"}),
    inputs=st.dictionaries(st.text(max_size=2), TENSORS, max_size=3),
    output_filter=st.lists(st.text(max_size=2), max_size=2),
)


@given(REQUESTS, st.data())
def test_any_request_reads_as_protobuf_reads_it(sent: PredictRequest, data: st.DataObject) -> None:
    body = bytearray(sent.SerializeToString())
    for _ in range(data.draw(st.integers(0, 3))):
        if body:
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with pytest.MonkeyPatch.context() as small:
        small.setattr(predict_view, "MIN_VIEW_BYTES", 1)
        assert outcome(bytes(body)) == plain_outcome(bytes(body))


def outcome(body: bytes) -> Any:
    try:
        return whole(parse_predict(body)).SerializeToString(deterministic=True)
    except DecodeError:
        return "refused"


def plain_outcome(body: bytes) -> Any:
    try:
        return PredictRequest.FromString(body).SerializeToString(deterministic=True)
    except DecodeError:
        return "refused"
