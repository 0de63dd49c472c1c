"""The gRPC server: which method answers which RPC, where it listens, and how it ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NoReturn

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from tears.model_server import prediction
from tears.model_server.admission import Admission
from tears.model_server.catalog import Catalog
from tears.model_server.errors import ListenError, ModelServerError
from tears.model_server.metrics import GRPC, Metrics
from tears.tfserving import methods
from tears.tfserving.methods import Method, Request, Response
from tears.tfserving.v1 import metadata_pb2, predict_pb2, status_pb2
from tears.tfserving.v1.model_pb2 import ModelSpec
from tears.tfserving.v1.status_pb2 import StatusProto

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
MAX_REQUESTS_IN_FLIGHT: Final = 64
SPARE_THREADS: Final = 4  # health, and telling whoever comes over the limit so
DRAIN_SECONDS: Final = 10.0
COUNTED_METHODS: Final = {
    "Predict",
    "Classify",
    "Regress",
}  # as in TF Serving: what asks about the model is not counted

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # A second server on the same port is a mistake that should be told, not half of the requests.
    ("grpc.so_reuseport", 0),
)


class Server:
    """TF Serving's PredictionService and ModelService, and gRPC's health service."""

    def __init__(self, catalog: Catalog, metrics: Metrics | None = None) -> None:
        """Listens nowhere yet. An RPC that is not registered here is answered UNIMPLEMENTED by gRPC itself."""
        metrics = metrics or Metrics()
        self._catalog = catalog
        self._admission = Admission(MAX_REQUESTS_IN_FLIGHT)
        self._health = health.HealthServicer()
        self._told: dict[str, bool] = {}
        pool = ThreadPoolExecutor(MAX_REQUESTS_IN_FLIGHT + SPARE_THREADS, thread_name_prefix="rpc")
        self._server = grpc.server(pool, options=_OPTIONS)
        self._server.add_generic_rpc_handlers(
            [
                _service(methods.PREDICT, self._predict, self._admission, metrics),
                _service(methods.GET_MODEL_METADATA, self._get_model_metadata, self._admission, metrics),
                _service(methods.GET_MODEL_STATUS, self._get_model_status, self._admission, metrics),
            ]
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.tell_health()
        catalog.subscribe(self.tell_health)

    def listen(self, address: str) -> int:
        """Binds `host:port` or `unix:path`; returns the port, which the system chose where it was 0.

        Raises:
            ListenError: Nobody can listen there: the port is taken, or the path cannot be written.
        """
        try:
            return self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise ListenError(f"cannot listen on {address}: {error}") from error

    def start(self) -> None:
        """Answers from now on; does not block."""
        self._server.start()

    def tell_health(self) -> None:
        """Brings the health service in line with the models: each by its name, and "" for all of them together."""
        served = {model.name: model.is_available for model in self._catalog.models}
        for name in self._told.keys() - served.keys() - {""}:  # removed by a reload
            del self._told[name]
            self._health.set(name, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
        for name, is_serving in {**served, "": bool(served) and all(served.values())}.items():
            if self._told.get(name) != is_serving:
                self._told[name] = is_serving
                status = health_pb2.HealthCheckResponse
                self._health.set(name, status.SERVING if is_serving else status.NOT_SERVING)

    def drain(self, grace_seconds: float = DRAIN_SECONDS) -> None:
        """Ends the service; blocks until what is in flight is answered, at most `grace_seconds`."""
        # 1. Whoever watches the health turns away first.
        self._health.enter_graceful_shutdown()
        # 2. New requests are refused, as UNAVAILABLE, which clients retry elsewhere or later. gRPC's own grace ends
        #    later than ours, or it would be chance which of the two cuts off what hangs.
        stopped = self._server.stop(grace_seconds + 1.0)
        # 3. Requests in flight get their replies. Whoever watches the health is not waited for: they never leave.
        if not self._admission.wait_until_answered(grace_seconds):
            logger.warning("requests without an answer after %g s; they are cut off", grace_seconds)
        # 4. The rest is cut.
        self._server.stop(0)
        stopped.wait()

    def _predict(
        self, request: predict_pb2.PredictRequest, timeout_seconds: float | None
    ) -> predict_pb2.PredictResponse:
        with self._admission.enter():
            return prediction.predict(self._catalog, request, timeout_seconds)

    def _get_model_metadata(
        self, request: metadata_pb2.GetModelMetadataRequest, _: float | None
    ) -> metadata_pb2.GetModelMetadataResponse:
        return prediction.get_model_metadata(self._catalog, request)

    def _get_model_status(
        self, request: status_pb2.GetModelStatusRequest, _: float | None
    ) -> status_pb2.GetModelStatusResponse:
        return prediction.get_model_status(self._catalog, request)


def _service(
    method: Method[Request, Response],
    answer: Callable[[Request, float | None], Response],
    admission: Admission,
    metrics: Metrics,
) -> grpc.GenericRpcHandler:
    """Registers one RPC. `answer` gets the request and the seconds that its caller still waits (None: for ever)."""

    def handle(request: Request, context: grpc.ServicerContext) -> Response:
        admission.track(context)
        began_seconds = time.perf_counter()
        code: StatusProto.Code = StatusProto.OK
        try:
            return answer(request, _patience_seconds(context))
        except ModelServerError as error:
            code = error.code
            _abort(context, code, str(error))
        except Exception as error:  # the edge: a defect of ours fails one request, with a code and a log line
            code = StatusProto.INTERNAL
            logger.exception("%s failed", method.name)
            _abort(context, code, f"{method.name} failed: {error}")
        finally:
            if method.name in COUNTED_METHODS:
                spec: ModelSpec = request.model_spec  # type: ignore[attr-defined]  # each of these requests has one
                metrics.observe_request(spec.name, method.name, GRPC, code, time.perf_counter() - began_seconds)

    handler = grpc.unary_unary_rpc_method_handler(
        handle,
        request_deserializer=method.request.FromString,
        response_serializer=method.response.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(method.service, {method.name: handler})


def _patience_seconds(context: grpc.ServicerContext) -> float | None:
    """How long the caller still waits; None is for ever, for which gRPC says "some centuries"."""
    remaining_seconds = context.time_remaining()
    if remaining_seconds is None or remaining_seconds > threading.TIMEOUT_MAX:
        return None
    return max(0.0, remaining_seconds)


def _abort(context: grpc.ServicerContext, code: StatusProto.Code, message: str) -> NoReturn:
    """Ends the RPC with an error; it raises, and what it raises belongs to gRPC."""
    context.abort(_CODES[code], message)
    raise AssertionError("abort() returned")
