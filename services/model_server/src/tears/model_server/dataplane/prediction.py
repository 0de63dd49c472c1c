"""Predict, GetModelMetadata and GetModelStatus: a request in, a reply or an error out, and no transport."""

from __future__ import annotations

from typing import Final

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.model_spec import answering_spec, require_spec, signature_name
from tears.model_server.errors import FailedPreconditionError, InferenceError, InvalidArgumentError
from tears.model_server.wire import tensors
from tears.model_server.wire.predict_view import LeanPredictRequest
from tears.tfserving import signatures
from tears.tfserving.v1 import metadata_pb2, predict_pb2, status_pb2

_METHODS: Final = (signatures.PREDICT_METHOD, signatures.CLASSIFY_METHOD, signatures.REGRESS_METHOD)


def predict(
    catalog: Catalog,
    request: predict_pb2.PredictRequest | LeanPredictRequest,
    timeout_seconds: float | None = None,
    *,
    as_content: bool = False,
    checks_method_name: bool = False,
) -> predict_pb2.PredictResponse:
    """Runs the model on the request's inputs; blocks until it has run.

    Args:
        catalog: Where the model is looked up.
        request: As it came; nothing in it is trusted.
        timeout_seconds: How long it may wait for its turn; None is for ever.
        as_content: Whether the reply's tensors travel as `tensor_content`, not in typed fields.
        checks_method_name: Whether the signature must have been exported for Predict, Classify or Regress.

    Raises:
        ModelServerError: One of its kinds, by what was wrong.
    """
    spec = require_spec(request)
    name = signature_name(spec)
    with catalog.use(spec) as (version, servable):
        signature = servable.signatures.get(name)
        if signature is None:
            raise FailedPreconditionError(f'Serving signature key "{name}" not found.')
        if checks_method_name and signature.method_name not in _METHODS:
            raise InferenceError(
                f"Expected prediction signature method_name to be one of {{{', '.join(_METHODS)}}}. "
                f"Was: {signature.method_name}"
            )
        inputs = tensors.decode_inputs(request.inputs, signature)
        outputs = signature.choose_outputs(request.output_filter)
        results = servable.run(name, inputs, outputs, timeout_seconds=timeout_seconds)
    reply = predict_pb2.PredictResponse(model_spec=answering_spec(spec.name, version, name))
    for output, array in results.items():
        tensors.encode(array, as_content=as_content, into=reply.outputs[output])
    return reply


def get_model_metadata(
    catalog: Catalog, request: metadata_pb2.GetModelMetadataRequest
) -> metadata_pb2.GetModelMetadataResponse:
    """The signatures of a version, as the `Any` that TF Serving's clients unpack.

    Raises:
        InvalidArgumentError: The request asks for no field, for an unknown one, or its spec is wrong.
        NotFoundError: No such model or version is available.
    """
    spec = require_spec(request)
    if not request.metadata_field:
        raise InvalidArgumentError("GetModelMetadataRequest must specify at least one metadata_field")
    for field in request.metadata_field:
        if field != signatures.METADATA_FIELD:
            raise InvalidArgumentError(f"Metadata field {field} is not supported")
    with catalog.use(spec) as (version, servable):
        described = {name: signature.to_proto() for name, signature in servable.signatures.items()}
    reply = metadata_pb2.GetModelMetadataResponse(model_spec=answering_spec(spec.name, version))
    packed = signatures.pack(metadata_pb2.SignatureDefMap(signature_def=described))
    reply.metadata[signatures.METADATA_FIELD].CopyFrom(packed)
    return reply


def get_model_status(catalog: Catalog, request: status_pb2.GetModelStatusRequest) -> status_pb2.GetModelStatusResponse:
    """The state of each known version, the newest first.

    Raises:
        InvalidArgumentError: The request's spec is wrong.
        NotFoundError: No such model or version is known.
    """
    reply = status_pb2.GetModelStatusResponse()
    for status in catalog.statuses(require_spec(request)):
        entry = reply.model_version_status.add(version=status.number, state=status.state.value)
        entry.status.error_code = status.code
        entry.status.error_message = status.message
    return reply
