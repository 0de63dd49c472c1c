"""gRPC's handlers: bytes in, and the data plane's reply or a status out."""

import threading
import time
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.message import DecodeError

from tears.model_server.dataplane.data_plane import DataPlane
from tears.model_server.errors import InvalidArgumentError, ModelServerError
from tears.model_server.grpc.receiving import MessageReceiver
from tears.model_server.grpc.unanswered_calls import UnansweredCalls
from tears.model_server.metrics import GRPC
from tears.model_server.wire.memory_estimate import estimate_message_bytes
from tears.model_server.wire.predict_view import UnparsedRequest, unparsed_predict
from tears.tfserving.methods import CLASSIFY, PREDICT, REGRESS, Method, Request, Response
from tears.tfserving.v1.status_pb2 import StatusProto

# A message below this size is not weighed: it takes little memory, whatever it holds.
LIGHT_BYTES: Final = 16 * 1024
# What a request that only asks about models may take. It does not count as in flight.
MAX_QUESTION_BYTES: Final = 1024 * 1024
# What a message may take once it is parsed, for each byte that a message may have.
MAX_GROWTH: Final = 2
# The limit of TF Serving: a status travels in a header, for which clients have 8 KiB.
MAX_ERROR_BYTES: Final = 1024

# As in TF Serving, neither questions about models nor MultiInference are counted.
_COUNTED_PATHS: Final = frozenset({PREDICT.path, CLASSIFY.path, REGRESS.path})
_STATUS_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def make_handler(
    method: Method[Request, Response],
    data_plane: DataPlane,
    calls: UnansweredCalls,
    receiver: MessageReceiver,
    *,
    max_message_bytes: int,
) -> grpc.GenericRpcHandler:
    """Return the handler of one method, which counts its calls until they are answered.

    gRPC hands over no message above `max_message_bytes`, and the receiver bounds those that arrive at the same time.
    """

    def handle(messages: Iterator[bytes], context: grpc.ServicerContext) -> Response:
        if not calls.track(context):
            _abort(context, StatusProto.UNAVAILABLE, "the server is shutting down; try another one, or later")
        try:
            body = receiver.receive(messages, context)
            incoming = GrpcRequest(method, body, context, max_memory_bytes=MAX_GROWTH * max_message_bytes)
            del body  # it may be large, and is needed only until it is parsed
            reply: Response = data_plane.answer(incoming)
        except ModelServerError as error:
            _abort(context, error.code, str(error))
        return reply

    # The request arrives as bytes, so that nothing is parsed that was not weighed. On the wire there is no difference
    # between one message and a stream of one, but here only a stream lets the handler decide when to receive it.
    handler: grpc.RpcMethodHandler[bytes, Response]
    handler = grpc.stream_unary_rpc_method_handler(handle, response_serializer=method.response.SerializeToString)
    return grpc.method_handlers_generic_handler(method.service, {method.name: handler})


class GrpcRequest:
    """One RPC, as the data plane takes it; see `IncomingRequest`."""

    protocol = GRPC

    def __init__(
        self, method: Method[Any, Any], body: bytes, context: grpc.ServicerContext, *, max_memory_bytes: int
    ) -> None:
        """Limit the memory of a request to `max_memory_bytes`, unless it only asks about models."""
        self.description = method.name
        self.arrived_seconds = time.perf_counter()
        self.size_bytes = len(body)
        self._method = method
        self._unparsed: UnparsedRequest[Any] = UnparsedRequest(body, method.request.FromString)
        self._context = context
        self._max_memory_bytes = max_memory_bytes
        self._model = ""

    def method(self) -> Method[Any, Any]:
        """Return the method that the handler was made for."""
        return self._method

    def estimate_memory_bytes(self, *, is_question: bool) -> int:
        """Return what the bytes and the parsed message take together."""
        if self._method is PREDICT:
            self._unparsed = unparsed_predict(self._unparsed.body)
        body = self._unparsed.body
        if len(body) <= LIGHT_BYTES:
            return self.size_bytes
        limit_bytes = MAX_QUESTION_BYTES if is_question else self._max_memory_bytes
        return self.size_bytes + estimate_message_bytes(body, self._method.request, limit_bytes=limit_bytes)

    def parse(self) -> Any:
        """Return the message; a Predict may be a view of the bytes."""
        unparsed, self._unparsed = self._unparsed, UnparsedRequest(b"", self._method.request.FromString)
        try:
            request = unparsed.parse(unparsed.body)
        except DecodeError as error:
            name = self._method.request.DESCRIPTOR.name
            raise InvalidArgumentError(f"the request cannot be parsed as {name}") from error
        if self._method.path in _COUNTED_PATHS:
            self._model = request.model_spec.name
        return request

    def remaining_seconds(self) -> float | None:
        """Return the time to the caller's deadline. Without a deadline gRPC gives some centuries."""
        remaining_seconds = self._context.time_remaining()
        if remaining_seconds is None or remaining_seconds > threading.TIMEOUT_MAX:
            return None
        return max(0.0, remaining_seconds)

    def render(self, response: Any) -> Any:
        """Return the message, which gRPC serialises."""
        return response

    def metric_labels(self) -> tuple[str, str] | None:
        """Return the model, once it has been parsed, and the method."""
        return (self._model, self._method.name) if self._method.path in _COUNTED_PATHS else None


def _abort(context: grpc.ServicerContext, code: StatusProto.Code, message: str) -> NoReturn:
    """End the RPC with an error; `abort` raises gRPC's own exception."""
    encoded = message.encode()
    if len(encoded) > MAX_ERROR_BYTES:
        message = encoded[:MAX_ERROR_BYTES].decode(errors="ignore") + "...TRUNCATED"
    context.abort(_STATUS_CODES[code], message)
    raise AssertionError("abort() returned")
