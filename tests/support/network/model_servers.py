"""A gRPC model server whose answers a test decides; the fake beside `tears.model_server`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.wrappers_pb2 import Int64Value

from tears.audio.constants import WINDOW_SAMPLES
from tears.tfserving import signatures, tensors
from tears.tfserving.methods import GET_MODEL_METADATA, PREDICT
from tears.tfserving.v1 import metadata_pb2, model_pb2, predict_pb2, tensor_pb2

Answer = Callable[[predict_pb2.PredictRequest], dict[str, float]]


class Refusal(Exception):  # noqa: N818 - a refusal is what the test wants, not an error
    """Raised by an answer that refuses with a gRPC status."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


class FakeModelServer:
    """Listens on a Unix socket at `address`; may stop and start again there."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:{folder / 'model.sock'}"
        self.answer: Answer = lambda _: {"crying": 0.25, "other": 0.75}
        self.input_shape: tuple[int, ...] = (1, WINDOW_SAMPLES)
        self.input_dtype: tensor_pb2.DataType = tensor_pb2.DT_FLOAT
        self.takes_integers_too = False
        self.labels: tuple[str, ...] = ("crying", "other")
        self.version = 1
        self.is_missing = False
        self.requests: list[predict_pb2.PredictRequest] = []
        self._server: grpc.Server | None = None

    def start(self) -> None:
        """Start serving."""
        server = grpc.server(ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers((_Handlers(self),))
        server.add_insecure_port(self.address)
        server.start()
        self._server = server

    def stop(self) -> None:
        """Stop serving; return when the server has stopped."""
        if self._server is not None:
            self._server.stop(grace=None).wait()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Answer as the test wants."""
        self._require_model(context)
        name = request.model_spec.signature_name
        if name not in self._inputs():
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
        self.requests.append(request)
        try:
            scores = self.answer(request)
        except Refusal as refusal:
            context.abort(refusal.code, refusal.details)
        reply = predict_pb2.PredictResponse(model_spec=self._spec())
        for label, value in scores.items():
            reply.outputs[label].CopyFrom(
                tensor_pb2.TensorProto(
                    dtype=tensor_pb2.DT_FLOAT, tensor_shape=tensors.shape_proto((1,)), float_val=[value]
                )
            )
        return reply

    def metadata(
        self, request: metadata_pb2.GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> metadata_pb2.GetModelMetadataResponse:
        """Return the signatures that the test has set."""
        del request
        self._require_model(context)
        found = metadata_pb2.SignatureDefMap()
        for name, dtype in self._inputs().items():
            signature = found.signature_def[name]
            signature.method_name = signatures.PREDICT_METHOD
            signature.inputs["waveform"].dtype = dtype
            signature.inputs["waveform"].tensor_shape.CopyFrom(tensors.shape_proto(self.input_shape))
            for label in self.labels:
                signature.outputs[label].dtype = tensor_pb2.DT_FLOAT
        reply = metadata_pb2.GetModelMetadataResponse(model_spec=self._spec())
        reply.metadata[signatures.METADATA_FIELD].CopyFrom(signatures.pack(found))
        return reply

    def _inputs(self) -> dict[str, tensor_pb2.DataType]:
        """Return the dtype that each signature takes."""
        usual = {signatures.DEFAULT_SIGNATURE: self.input_dtype}
        return usual | {signatures.DEFAULT_INT16_SIGNATURE: tensor_pb2.DT_INT16} if self.takes_integers_too else usual

    def _require_model(self, context: grpc.ServicerContext) -> None:
        if self.is_missing:
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(cry)")

    def _spec(self) -> model_pb2.ModelSpec:
        return model_pb2.ModelSpec(name="cry", version=Int64Value(value=self.version))


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, fake: FakeModelServer) -> None:
        self._methods: dict[str, tuple[Any, Any]] = {
            PREDICT.path: (fake.predict, PREDICT),
            GET_MODEL_METADATA.path: (fake.metadata, GET_MODEL_METADATA),
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        found = self._methods.get(handler_call_details.method)
        if found is None:
            return None
        answer, method = found
        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=method.request.FromString,
            response_serializer=method.response.SerializeToString,
        )
