"""The signatures in a GetModelMetadata reply: the only message that travels with the name of its type."""

from typing import Final

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError

from tears.tfserving.v1 import metadata_pb2

METADATA_FIELD: Final = "signature_def"
TYPE_URL: Final = "type.googleapis.com/tensorflow.serving.SignatureDefMap"
DEFAULT_SIGNATURE: Final = "serving_default"
# Gives the same scores for a waveform of int16, which has half the bytes. Only models of ours have it.
DEFAULT_INT16_SIGNATURE: Final = "serving_int16"
PREDICT_METHOD: Final = "tensorflow/serving/predict"
CLASSIFY_METHOD: Final = "tensorflow/serving/classify"
REGRESS_METHOD: Final = "tensorflow/serving/regress"


def pack(signatures: metadata_pb2.SignatureDefMap) -> AnyMessage:
    """Return the `Any` that clients of TF Serving expect under `signature_def`."""
    return AnyMessage(type_url=TYPE_URL, value=signatures.SerializeToString(deterministic=True))


def unpack(reply: metadata_pb2.GetModelMetadataResponse) -> metadata_pb2.SignatureDefMap:
    """Return the signatures in a reply.

    Raises:
        ValueError: The reply has no signatures, holds another type under their name, or cannot be parsed.
    """
    if METADATA_FIELD not in reply.metadata:
        raise ValueError(f"the metadata reply has no {METADATA_FIELD}, only {sorted(reply.metadata)}")
    packed = reply.metadata[METADATA_FIELD]
    if packed.type_url.rpartition("/")[2] != TYPE_URL.rpartition("/")[2]:
        raise ValueError(f"the metadata reply's {METADATA_FIELD} is a {packed.type_url}, not a {TYPE_URL}")
    try:
        return metadata_pb2.SignatureDefMap.FromString(packed.value)
    except DecodeError as error:
        raise ValueError(f"the metadata reply's {METADATA_FIELD} cannot be parsed") from error
