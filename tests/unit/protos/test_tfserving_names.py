"""The names on the wire: method paths and the type of the metadata."""

import subprocess
import sys

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from tears.tfserving import methods, signatures
from tears.tfserving.v1 import metadata_pb2

ONE_SIGNATURE = metadata_pb2.SignatureDefMap(
    signature_def={"serving_default": metadata_pb2.SignatureDef(method_name="m")}
)


def test_methods_have_the_paths_of_tf_serving() -> None:
    assert [method.path for method in methods.METHODS] == [
        "/tensorflow.serving.PredictionService/Classify",
        "/tensorflow.serving.PredictionService/Regress",
        "/tensorflow.serving.PredictionService/Predict",
        "/tensorflow.serving.PredictionService/MultiInference",
        "/tensorflow.serving.PredictionService/GetModelMetadata",
        "/tensorflow.serving.ModelService/GetModelStatus",
        "/tensorflow.serving.ModelService/HandleReloadConfigRequest",
    ]


def test_signatures_survive_the_way_through_an_any() -> None:
    reply = metadata_pb2.GetModelMetadataResponse(metadata={"signature_def": signatures.pack(ONE_SIGNATURE)})
    assert signatures.unpack(reply) == ONE_SIGNATURE


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({}, "has no signature_def"),
        ({"signature_def": AnyMessage(type_url="type.googleapis.com/x.Y")}, "is a type.googleapis.com/x.Y"),
        ({"signature_def": AnyMessage(type_url=signatures.TYPE_URL, value=b"\xff")}, "cannot be parsed"),
    ],
)
def test_metadata_that_is_not_a_signature_map_is_refused(metadata: dict[str, AnyMessage], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        signatures.unpack(metadata_pb2.GetModelMetadataResponse(metadata=metadata))


def test_the_protos_need_neither_numpy_nor_grpc_nor_tensorflow() -> None:
    code = (
        "import sys; from tears.tfserving import methods, signatures, tensors; "
        "print(sorted({'numpy', 'grpc', 'tensorflow'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"
