"""The edge between gRPC and the functions that answer: bytes in, a reply or a status out, counted and bounded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final, Generic, NoReturn

import grpc
from google.protobuf.message import DecodeError

from tears.model_server import memory
from tears.model_server.dataplane.admission import Admission
from tears.model_server.dataplane.engine_metrics import run_for
from tears.model_server.dataplane.loading_gate import Gate
from tears.model_server.errors import InvalidArgumentError, ModelServerError
from tears.model_server.metrics import GRPC, ServerMetrics
from tears.model_server.wire.memory_estimate import weigh
from tears.model_server.wire.unparsed import Parcel
from tears.tfserving.methods import CLASSIFY, PREDICT, REGRESS, Method, Request, Response
from tears.tfserving.v1.status_pb2 import StatusProto

logger = logging.getLogger(__name__)

# Below this a message is not weighed: it takes little memory, whatever it holds.
LIGHT_BYTES: Final = 16 * 1024
# What a request that asks about models, and so counts nowhere, may take.
MAX_QUESTION_BYTES: Final = 1024 * 1024
# What a message may take once it is parsed, for each byte that a message may have.
MAX_GROWTH: Final = 2
# TF Serving's: a status travels in a header, for which clients have 8 KiB.
MAX_ERROR_BYTES: Final = 1024

# As in TF Serving: neither what asks about models nor MultiInference is counted.
_COUNTED: Final = frozenset({PREDICT.path, CLASSIFY.path, REGRESS.path})
_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True, slots=True)
class Rpc(Generic[Request, Response]):
    """One RPC and what answers it."""

    method: Method[Request, Response]
    # Gets the request and the seconds that its caller still waits (None: for ever).
    answer: Callable[[Request, float | None], Response]
    # What takes a request's bytes apart, where protobuf alone would copy too much.
    cut: Callable[[bytes], Parcel[Any]] | None = None
    # What a request may take in memory once it is worked on, where that may be more than it came with.
    claim: Callable[[Any], int] | None = None
    # Whether it takes long, and so counts as in flight; what does not is answered at any load.
    takes_long: bool = True
    # Whether it is kept waiting until the first models have been loaded.
    needs_models: bool = True


class Edge:
    """Makes gRPC's handlers of RPCs."""

    def __init__(self, admission: Admission, gate: Gate, metrics: ServerMetrics, *, max_message_bytes: int) -> None:
        """Messages are no longer than `max_message_bytes`: gRPC sees to that."""
        self._admission = admission
        self._gate = gate
        self._metrics = metrics
        self._max_weight_bytes = MAX_GROWTH * max_message_bytes

    def handler(self, rpc: Rpc[Request, Response]) -> grpc.GenericRpcHandler:
        """Registers one RPC. The request arrives as bytes, so that nothing is parsed that was not weighed."""
        method = rpc.method

        def handle(body: bytes, context: grpc.ServicerContext) -> Response:
            self._admission.track(context)
            began_seconds = time.perf_counter()
            code: StatusProto.Code = StatusProto.OK
            request = None
            taken_bytes = len(body)
            try:
                parcel = rpc.cut(body) if rpc.cut else Parcel(body, method.request.FromString)
                with self._weighed(rpc, taken_bytes, parcel.body), run_for(method):
                    request = _parsed(method, parcel)
                    grown_bytes = max(0, rpc.claim(request) - taken_bytes) if rpc.claim else 0
                    taken_bytes += grown_bytes
                    del body, parcel  # a second copy of it, for as long as the model runs
                    if rpc.needs_models:
                        self._gate.pass_through(_patience_seconds(context))
                    with self._admission.grow(grown_bytes):
                        return rpc.answer(request, _patience_seconds(context))
            except ModelServerError as error:
                code = error.code
                _abort(context, code, str(error))
            except Exception as error:  # a defect of ours fails one request, with a code and a log line
                code = StatusProto.INTERNAL
                logger.exception("%s failed", method.name)
                _abort(context, code, f"{method.name} failed: {error}")
            finally:
                if method.path in _COUNTED:
                    model = request.model_spec.name if request is not None else ""
                    seconds = time.perf_counter() - began_seconds
                    self._metrics.observe_request(model, method.name, GRPC, code, seconds)
                memory.release_after_request(taken_bytes)

        handler: grpc.RpcMethodHandler[bytes, Response]
        handler = grpc.unary_unary_rpc_method_handler(handle, response_serializer=method.response.SerializeToString)
        return grpc.method_handlers_generic_handler(method.service, {method.name: handler})

    def _weighed(self, rpc: Rpc[Any, Any], size_bytes: int, to_parse: bytes) -> Any:
        """Enters the admission with what a request of this size takes in memory once it is parsed, or raises."""
        if len(to_parse) > LIGHT_BYTES:
            limit_bytes = self._max_weight_bytes if rpc.takes_long else MAX_QUESTION_BYTES
            size_bytes += weigh(to_parse, rpc.method.request, limit_bytes=limit_bytes)
        takes_long = rpc.takes_long or (rpc.needs_models and not self._gate.is_open)
        return self._admission.enter(size_bytes) if takes_long else nullcontext()


def _parsed(method: Method[Request, Response], parcel: Parcel[Request]) -> Request:
    try:
        return parcel.parse(parcel.body)
    except DecodeError as error:
        raise InvalidArgumentError(f"the request cannot be parsed as {method.request.DESCRIPTOR.name}") from error


def _patience_seconds(context: grpc.ServicerContext) -> float | None:
    """How long the caller still waits; None is for ever, for which gRPC says "some centuries"."""
    remaining_seconds = context.time_remaining()
    if remaining_seconds is None or remaining_seconds > threading.TIMEOUT_MAX:
        return None
    return max(0.0, remaining_seconds)


def _abort(context: grpc.ServicerContext, code: StatusProto.Code, message: str) -> NoReturn:
    """Ends the RPC with an error; it raises, and what it raises belongs to gRPC."""
    encoded = message.encode()
    if len(encoded) > MAX_ERROR_BYTES:
        message = encoded[:MAX_ERROR_BYTES].decode(errors="ignore") + "...TRUNCATED"
    context.abort(_CODES[code], message)
    raise AssertionError("abort() returned")
