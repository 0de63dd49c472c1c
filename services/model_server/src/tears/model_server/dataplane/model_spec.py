"""ModelSpecs: the model that a request asks for, and the one that a reply names."""

from typing import Protocol

from tears.model_server.errors import InvalidArgumentError
from tears.tfserving.signatures import DEFAULT_SIGNATURE
from tears.tfserving.v1.model_pb2 import ModelSpec


class ModelRequest(Protocol):
    """A request for one model."""

    @property
    def model_spec(self) -> ModelSpec:
        """The model, version and signature that it asks for."""

    def HasField(self, field_name: str) -> bool:  # noqa: N802 - protobuf's name
        """Return whether a field was sent."""


def require_spec(request: ModelRequest) -> ModelSpec:
    """Return the request's spec.

    Raises:
        InvalidArgumentError: It has none; the wording is TF Serving's.
    """
    if not request.HasField("model_spec"):
        raise InvalidArgumentError("Missing ModelSpec")
    return request.model_spec


def signature_name(spec: ModelSpec) -> str:
    """Return the signature that a spec asks for; if it names none, that is the default one."""
    return spec.signature_name or DEFAULT_SIGNATURE


def answering_spec(name: str, version: int, signature: str = "") -> ModelSpec:
    """Return the spec for a reply: which version answered, and by which signature if it was one."""
    spec = ModelSpec(name=name, signature_name=signature)
    spec.version.value = version
    return spec
