"""GetModelMetadata and GetModelStatus over a fake engine."""

from typing import Any

import pytest

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.model_questions import get_model_metadata, get_model_status
from tears.model_server.errors import InvalidArgumentError, ModelServerError, NotFoundError
from tears.tfserving import signatures
from tears.tfserving.v1 import metadata_pb2, status_pb2, tensor_pb2


def test_metadata_describes_the_signatures_in_an_any(catalog: Catalog) -> None:
    reply = get_model_metadata(
        catalog,
        metadata_pb2.GetModelMetadataRequest(model_spec={"name": "cry"}, metadata_field=["signature_def"]),
    )
    assert (reply.model_spec.name, reply.model_spec.version.value) == ("cry", 2)
    signature = signatures.unpack(reply).signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    waveform = signature.inputs["waveform"]
    assert (waveform.name, waveform.dtype) == ("serving_default_waveform:0", tensor_pb2.DT_FLOAT)
    assert [dim.size for dim in waveform.tensor_shape.dim] == [-1, 4]
    assert sorted(signature.outputs) == ["crying", "noise"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([], "GetModelMetadataRequest must specify at least one metadata_field"),
        (["signature_def", "assets"], "Metadata field assets is not supported"),
    ],
)
def test_metadata_without_a_field_or_with_an_unknown_one_is_refused(
    catalog: Catalog, fields: list[str], message: str
) -> None:
    asked = metadata_pb2.GetModelMetadataRequest(model_spec={"name": "cry"}, metadata_field=fields)
    with pytest.raises(InvalidArgumentError, match=f"^{message}$"):
        get_model_metadata(catalog, asked)


def test_the_status_has_every_version_or_the_one_asked_for(catalog: Catalog) -> None:
    for spec in ({"name": "cry"}, {"name": "cry", "version": {"value": 2}}):
        reply = get_model_status(catalog, status_pb2.GetModelStatusRequest(model_spec=spec))
        (only,) = reply.model_version_status
        assert (only.version, only.state) == (2, status_pb2.ModelVersionStatus.AVAILABLE)
        assert only.HasField("status")
        assert (only.status.error_code, only.status.error_message) == (status_pb2.StatusProto.OK, "")


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        (None, InvalidArgumentError, "Missing ModelSpec"),
        ({}, InvalidArgumentError, "ModelSpec has no name specified."),
        ({"name": "x"}, NotFoundError, "Could not find any versions of model x"),
        ({"name": "cry", "version": {"value": 7}}, NotFoundError, "Could not find version 7 of model cry"),
        ({"name": "cry", "version_label": "l"}, InvalidArgumentError, "Unrecognized servable version label: l"),
    ],
)
def test_the_status_of_an_unknown_model_or_version_is_refused_in_tf_servings_words(
    catalog: Catalog, spec: dict[str, Any] | None, error: type[ModelServerError], message: str
) -> None:
    with pytest.raises(error) as refused:
        get_model_status(catalog, status_pb2.GetModelStatusRequest(model_spec=spec))
    assert str(refused.value) == message
