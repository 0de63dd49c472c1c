"""What requests and replies say of the model: which one is meant, and which one answered."""

from __future__ import annotations

from typing import Protocol

from tears.model_server.errors import InvalidArgumentError
from tears.tfserving.signatures import DEFAULT_SIGNATURE
from tears.tfserving.v1.model_pb2 import ModelSpec


class Request(Protocol):
    """A request for one model."""

    @property
    def model_spec(self) -> ModelSpec:
        """Which model, version and signature it asks for."""

    def HasField(self, field_name: str) -> bool:  # noqa: N802 - protobuf's name
        """Whether a field was sent."""


def require_spec(request: Request) -> ModelSpec:
    """The request's spec.

    Raises:
        InvalidArgumentError: It has none; the wording is TF Serving's.
    """
    if not request.HasField("model_spec"):
        raise InvalidArgumentError("Missing ModelSpec")
    return request.model_spec


def signature_name(spec: ModelSpec) -> str:
    """The signature that a spec means: the default one where it names none."""
    return spec.signature_name or DEFAULT_SIGNATURE


def answering_spec(name: str, version: int, signature: str = "") -> ModelSpec:
    """What a reply says of who answered; the signature is left out of what no signature answers."""
    spec = ModelSpec(name=name, signature_name=signature)
    spec.version.value = version
    return spec
