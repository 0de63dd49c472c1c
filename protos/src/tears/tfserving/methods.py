"""The RPCs: the request, the response and the path of each.

TF Serving's package name is on the wire only in the path of a method, and in the one `Any` that
`tears.tfserving.signatures` packs. So our messages can have a package name of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from tears.tfserving.v1 import (
    classification_pb2,
    inference_pb2,
    management_pb2,
    metadata_pb2,
    predict_pb2,
    regression_pb2,
    status_pb2,
)

if TYPE_CHECKING:  # this package runs without grpc
    import grpc

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

PREDICTION_SERVICE: Final = "tensorflow.serving.PredictionService"
MODEL_SERVICE: Final = "tensorflow.serving.ModelService"


@dataclass(frozen=True, slots=True)
class Method(Generic[Request, Response]):
    """One unary RPC."""

    service: str
    name: str
    request: type[Request]
    response: type[Response]

    @property
    def path(self) -> str:
        """Return the path on the wire, such as `/tensorflow.serving.PredictionService/Predict`."""
        return f"/{self.service}/{self.name}"

    def on(self, channel: grpc.Channel) -> grpc.UnaryUnaryMultiCallable[Request, Response]:
        """Return a callable that makes this RPC over `channel`: `PREDICT.on(channel)(request, timeout=1.0)`.

        Build it once and keep it; it is as safe to share between threads as the channel is.
        """
        return channel.unary_unary(
            self.path,
            request_serializer=self.request.SerializeToString,
            response_deserializer=self.response.FromString,
        )


CLASSIFY: Final = Method(
    PREDICTION_SERVICE,
    "Classify",
    classification_pb2.ClassificationRequest,
    classification_pb2.ClassificationResponse,
)
REGRESS: Final = Method(
    PREDICTION_SERVICE,
    "Regress",
    regression_pb2.RegressionRequest,
    regression_pb2.RegressionResponse,
)
PREDICT: Final = Method(PREDICTION_SERVICE, "Predict", predict_pb2.PredictRequest, predict_pb2.PredictResponse)
MULTI_INFERENCE: Final = Method(
    PREDICTION_SERVICE,
    "MultiInference",
    inference_pb2.MultiInferenceRequest,
    inference_pb2.MultiInferenceResponse,
)
GET_MODEL_METADATA: Final = Method(
    PREDICTION_SERVICE,
    "GetModelMetadata",
    metadata_pb2.GetModelMetadataRequest,
    metadata_pb2.GetModelMetadataResponse,
)
GET_MODEL_STATUS: Final = Method(
    MODEL_SERVICE,
    "GetModelStatus",
    status_pb2.GetModelStatusRequest,
    status_pb2.GetModelStatusResponse,
)
HANDLE_RELOAD_CONFIG_REQUEST: Final = Method(
    MODEL_SERVICE,
    "HandleReloadConfigRequest",
    management_pb2.ReloadConfigRequest,
    management_pb2.ReloadConfigResponse,
)

# In the order of TF Serving's own service definitions.
METHODS: Final[tuple[Method[Any, Any], ...]] = (
    CLASSIFY,
    REGRESS,
    PREDICT,
    MULTI_INFERENCE,
    GET_MODEL_METADATA,
    GET_MODEL_STATUS,
    HANDLE_RELOAD_CONFIG_REQUEST,
)
