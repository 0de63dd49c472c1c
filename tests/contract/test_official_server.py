"""Our client asks a server that is made of the official package and runs a SavedModel with TensorFlow."""

from collections.abc import Iterator

import grpc
import numpy as np
import pytest

from tears.tfserving import signatures, tensors
from tears.tfserving.methods import GET_MODEL_METADATA, GET_MODEL_STATUS, PREDICT
from tears.tfserving.v1 import metadata_pb2, predict_pb2, status_pb2, tensor_pb2

DEADLINE_SECONDS = 60.0


@pytest.fixture
def channel(official_server: str) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(official_server) as channel:
        yield channel


def test_a_window_sent_as_content_is_answered_per_label(channel: grpc.Channel) -> None:
    window = np.linspace(-0.5, 0.5, 110_250, dtype="<f4")
    request = predict_pb2.PredictRequest(model_spec={"name": "cry"})
    request.inputs["waveform"].CopyFrom(tensors.from_bytes(tensor_pb2.DT_FLOAT, [1, 110_250], window.tobytes()))
    reply = PREDICT.on(channel)(request, timeout=DEADLINE_SECONDS)
    assert {label: tensors.numbers(tensor) for label, tensor in reply.outputs.items()} == {
        "crying": [pytest.approx(0.25, abs=1e-4)],
        "noise": [pytest.approx(0.75, abs=1e-4)],
        "other noise": [0.0],
    }
    assert (reply.model_spec.version.value, reply.model_spec.signature_name) == (7, "serving_default")


def test_a_value_that_fills_the_whole_window_is_understood(channel: grpc.Channel) -> None:
    request = predict_pb2.PredictRequest(model_spec={"name": "cry"})
    shape = tensors.shape_proto([1, 110_250])
    request.inputs["waveform"].CopyFrom(
        tensor_pb2.TensorProto(dtype=tensor_pb2.DT_FLOAT, tensor_shape=shape, float_val=[0.5])
    )
    reply = PREDICT.on(channel)(request, timeout=DEADLINE_SECONDS)
    assert tensors.numbers(reply.outputs["crying"]) == [pytest.approx(0.5, abs=1e-4)]


def test_metadata_has_input_dtype_shape_and_labels(channel: grpc.Channel) -> None:
    request = metadata_pb2.GetModelMetadataRequest(model_spec={"name": "cry"}, metadata_field=["signature_def"])
    reply = GET_MODEL_METADATA.on(channel)(request, timeout=DEADLINE_SECONDS)
    signature = signatures.unpack(reply).signature_def["serving_default"]
    assert reply.model_spec.version.value == 7
    assert signature.method_name == signatures.PREDICT_METHOD
    assert signature.inputs["waveform"].dtype == tensor_pb2.DT_FLOAT
    assert [dim.size for dim in signature.inputs["waveform"].tensor_shape.dim] == [1, 110_250]
    assert sorted(signature.outputs) == ["crying", "noise", "other noise"]


def test_the_status_has_states_and_errors(channel: grpc.Channel) -> None:
    request = status_pb2.GetModelStatusRequest(model_spec={"name": "cry"})
    available, broken = GET_MODEL_STATUS.on(channel)(request, timeout=DEADLINE_SECONDS).model_version_status
    assert (available.version, available.state) == (7, status_pb2.ModelVersionStatus.AVAILABLE)
    assert (broken.version, broken.state) == (8, status_pb2.ModelVersionStatus.END)
    assert broken.status.error_code == status_pb2.StatusProto.NOT_FOUND
    assert broken.status.error_message == "nothing there"


def test_errors_arrive_with_code_and_message(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        PREDICT.on(channel)(predict_pb2.PredictRequest(model_spec={"name": "x"}), timeout=DEADLINE_SECONDS)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert refused.value.details() == "Servable not found for request: Latest(x)"
