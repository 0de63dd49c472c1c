"""GetModelMetadata and GetModelStatus: what a model takes and gives, and which versions it has."""

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.model_spec import answering_spec, require_spec
from tears.model_server.errors import InvalidArgumentError
from tears.tfserving import signatures
from tears.tfserving.v1 import metadata_pb2, status_pb2


def get_model_metadata(
    catalog: Catalog, request: metadata_pb2.GetModelMetadataRequest
) -> metadata_pb2.GetModelMetadataResponse:
    """Return the signatures of a version, as the `Any` that TF Serving's clients unpack.

    Raises:
        InvalidArgumentError: The request asks for no field or for an unknown one, or its spec is wrong.
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
    """Return the state of each known version, the newest first.

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
