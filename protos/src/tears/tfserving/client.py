"""A client of one model that scores waveforms. The caller provides the channel and handles its errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.wrappers_pb2 import Int64Value

from tears.tfserving import signatures, tensors
from tears.tfserving.contract import ContractError, ModelContract, contract_of, scoring_contract
from tears.tfserving.methods import GET_MODEL_METADATA, PREDICT
from tears.tfserving.v1 import metadata_pb2, model_pb2, predict_pb2, tensor_pb2

if TYPE_CHECKING:  # this package runs without grpc
    import grpc

__all__ = ["ContractError", "FeatureVector", "ModelClient", "ModelContract", "NotANumberError", "Scores"]


class NotANumberError(ValueError):
    """Raised when a model answers NaN or infinity, which is no score."""


@dataclass(frozen=True, slots=True)
class Scores:
    """A model's scores for one window, and the version that gave them."""

    values: tuple[tuple[str, float], ...]
    version: int

    def value_of(self, label: str) -> float | None:
        """Return the score of `label`, or None if the model has no such label."""
        return dict(self.values).get(label)


@dataclass(frozen=True, slots=True)
class FeatureVector:
    """The features of one window, and the version that gave them: those of two models cannot be compared."""

    values: list[float]
    version: int


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The bytes of a request before a content of this length."""

    contract: ModelContract | None
    content_bytes: int
    body: bytes


class ModelClient:
    """Asks one model. Threads may share it, as they may share the channel."""

    def __init__(
        self,
        channel: grpc.Channel,
        *,
        model: str,
        window_samples: int,
        version: int | None = None,
        version_label: str = "",
        signature: str = "",
    ) -> None:
        """`version` or `version_label` chooses a version, and `signature` a signature.

        Without a version the server chooses. Without a signature it is the one that `scoring_contract` finds.

        Raises:
            ValueError: A version and a label are given.
        """
        if version is not None and version_label:
            raise ValueError("a version or a label, not both")
        self._spec = model_pb2.ModelSpec(name=model)
        if version is not None:
            self._spec.version.CopyFrom(Int64Value(value=version))
        elif version_label:
            self._spec.version_label = version_label
        self._signature = signature
        self._window_samples = window_samples
        # Requests are made as bytes: see `_bytes_before`.
        self._predict: grpc.UnaryUnaryMultiCallable[bytes, predict_pb2.PredictResponse] = channel.unary_unary(
            PREDICT.path, response_deserializer=PREDICT.response.FromString
        )
        self._prefix = _Prefix(None, 0, b"")
        self._metadata = GET_MODEL_METADATA.on(channel)

    def contract(self, timeout_seconds: float) -> ModelContract:
        """Ask what the model takes and gives.

        Raises:
            grpc.RpcError: The server did not answer, or refused.
            ContractError: The model does not fit these windows.
        """
        request = metadata_pb2.GetModelMetadataRequest(
            model_spec=self._spec, metadata_field=[signatures.METADATA_FIELD]
        )
        reply = self._metadata(request, timeout=timeout_seconds)
        try:
            found = signatures.unpack(reply)
        except ValueError as error:
            raise ContractError(str(error)) from error
        if self._signature:
            return contract_of(found, self._window_samples, self._signature)
        return scoring_contract(found, self._window_samples)

    def predict(self, contract: ModelContract, content: bytes | memoryview, timeout_seconds: float) -> Scores:
        """Score one window.

        Args:
            contract: The return value of `contract()`.
            content: The waveform, from the contract's `encode_window`.
            timeout_seconds: The deadline of the request.

        Raises:
            grpc.RpcError: The server did not answer, or refused.
            ContractError: The answer lacks a label of the contract, or gives it more than one number.
            NotANumberError: A score is NaN or infinite.
        """
        reply = self._ask(contract, content, timeout_seconds)
        values = tuple((label, _score(reply.outputs, label)) for label in contract.labels)
        return Scores(values, reply.model_spec.version.value)

    def embed(self, contract: ModelContract, content: bytes | memoryview, timeout_seconds: float) -> FeatureVector:
        """Return the features of one window: the one output of a signature such as `embed`.

        Raises:
            grpc.RpcError: The server did not answer, or refused.
            ContractError: The answer is not one vector.
            NotANumberError: A feature is NaN or infinite.
        """
        reply = self._ask(contract, content, timeout_seconds)
        if len(reply.outputs) != 1:
            raise ContractError(f"the model's answer has {sorted(reply.outputs)}; features are one vector")
        ((name, tensor),) = reply.outputs.items()
        try:
            values = tensors.numbers(tensor)
        except ValueError as error:
            raise ContractError(f"the model's answer for {name} is no vector: {error}") from error
        if not all(map(math.isfinite, values)):
            raise NotANumberError(f"the model answered NaN or infinity for {name}")
        return FeatureVector(values, reply.model_spec.version.value)

    def _ask(
        self, contract: ModelContract, content: bytes | memoryview, timeout_seconds: float
    ) -> predict_pb2.PredictResponse:
        prefix = self._prefix
        if prefix.contract != contract or prefix.content_bytes != len(content):
            prefix = self._prefix = _Prefix(contract, len(content), self._bytes_before(contract, content))
        return self._predict(b"".join((prefix.body, content)), timeout=timeout_seconds)

    def _bytes_before(self, contract: ModelContract, content: bytes | memoryview) -> bytes:
        """Return what a request has before the content of its tensor.

        It is the same for all windows, and protobuf writes the content last. protobuf would copy the content three
        times, which costs more than gRPC needs to send it.
        """
        request = predict_pb2.PredictRequest(model_spec=self._spec)
        request.model_spec.signature_name = contract.signature
        request.inputs[contract.input_name].CopyFrom(
            tensors.from_bytes(contract.input_dtype, contract.input_shape, content)
        )
        return request.SerializeToString().removesuffix(bytes(content))


def _score(outputs: object, label: str) -> float:
    found: dict[str, tensor_pb2.TensorProto] = outputs  # type: ignore[assignment]  # a protobuf map reads as a dict
    if label not in found:
        raise ContractError(f"the model's answer has no label {label}, only {sorted(found)}")
    try:
        (value,) = tensors.numbers(found[label])
    except ValueError as error:
        raise ContractError(f"the model's answer for {label} is not one number: {error}") from error
    if not math.isfinite(value):
        raise NotANumberError(f"the model answered {value} for {label}")
    return value
