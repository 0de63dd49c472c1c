"""The steps that every request takes, whichever protocol it came by: admission, parsing, running and counting."""

import logging
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol, TypeVar

from tears.model_server import request_memory
from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.admission import MAX_BYTES_IN_FLIGHT, Admission
from tears.model_server.dataplane.engine_metrics import count_runs_for
from tears.model_server.dataplane.loading_gate import LoadingGate
from tears.model_server.dataplane.operations import Operation, make_operations
from tears.model_server.errors import ModelServerError
from tears.model_server.metrics import ServerMetrics
from tears.tfserving.methods import Method
from tears.tfserving.v1.status_pb2 import StatusProto

logger = logging.getLogger(__name__)

MAX_REQUESTS_IN_FLIGHT: Final = 64

Rendered_co = TypeVar("Rendered_co", covariant=True)


class IncomingRequest(Protocol[Rendered_co]):
    """A request as a protocol hands it over. The data plane calls the methods in this order, each at most once."""

    @property
    def protocol(self) -> str:
        """`GRPC` or `REST`, as the metrics name it."""

    @property
    def description(self) -> str:
        """What a log line calls the request: `Predict`, or `POST /v1/models/cry:predict`."""

    @property
    def arrived_seconds(self) -> float:
        """When the request had arrived, by `time.perf_counter`."""

    @property
    def size_bytes(self) -> int:
        """The length of the body."""

    def method(self) -> Method[Any, Any]:
        """Return the method that is called, or raise an `InvalidArgumentError` if there is no such method."""

    def estimate_memory_bytes(self, *, is_question: bool) -> int:
        """Return the memory that the request takes once it is parsed; 0 if that does not count.

        A question, whose method only asks about models, may take little memory.

        Raises:
            InvalidArgumentError: It would take more than one request may have.
        """

    def parse(self) -> Any:
        """Return the request as a message of the method, and forget the bytes.

        Raises:
            ModelServerError: The bytes are not such a request.
        """

    def remaining_seconds(self) -> float | None:
        """Return how long the caller still waits; None is forever."""

    def render(self, response: Any) -> Rendered_co:
        """Return the reply in the form that the protocol sends."""

    def metric_labels(self) -> tuple[str, str] | None:
        """Return the model and the API for the request's metrics, as far as they are known; None counts nothing."""


class DataPlane:
    """Answers the requests of all protocols. Thread-safe."""

    def __init__(
        self,
        catalog: Catalog,
        metrics: ServerMetrics,
        *,
        max_requests: int = MAX_REQUESTS_IN_FLIGHT,
        max_bytes: int = MAX_BYTES_IN_FLIGHT,
        checks_method_names: bool = False,
        replies_as_content: bool = False,
        allows_reload: bool = False,
    ) -> None:
        """Keep requests that need models waiting until `gate` is opened.

        `max_requests`, of `max_bytes` together, are admitted at once.

        `make_operations` describes the three that are true or false.
        """
        self.catalog = catalog
        self.metrics = metrics
        self.admission = Admission(max_requests, max_bytes)
        self.gate = LoadingGate()
        self._operations = make_operations(
            catalog,
            checks_method_names=checks_method_names,
            replies_as_content=replies_as_content,
            allows_reload=allows_reload,
        )

    def answer(self, incoming: IncomingRequest[Rendered_co]) -> Rendered_co:
        """Answer one request; blocks until the model has run.

        Raises:
            ModelServerError: Says with its code what went wrong. A defect of the server is logged and becomes one too.
        """
        code: StatusProto.Code = StatusProto.OK
        taken_bytes, request = incoming.size_bytes, None
        try:
            method = incoming.method()
            operation = self._operations[method.path]
            # Weigh the request before it is parsed: parsing may take many times the memory of its bytes.
            memory_bytes = incoming.estimate_memory_bytes(is_question=operation.is_question)
            with self._admit(operation, memory_bytes), count_runs_for(method):
                request = incoming.parse()
                growth_bytes = max(0, operation.claimed_bytes(request) - incoming.size_bytes)
                taken_bytes += growth_bytes
                if operation.needs_models:
                    self.gate.wait(incoming.remaining_seconds())
                with self.admission.grow(growth_bytes):
                    response = operation.answer(request, incoming.remaining_seconds())
                    if incoming.metric_labels() and (spec := getattr(response, "model_spec", None)):
                        self.metrics.observe_answer(spec.name, spec.version.value)
                    return incoming.render(response)
        except ModelServerError as error:
            code = error.code
            raise
        except Exception as error:
            code = StatusProto.INTERNAL
            logger.exception("%s failed", incoming.description)
            raise ModelServerError(f"{incoming.description} failed: {error}") from error
        finally:
            if labels := incoming.metric_labels():
                seconds = time.perf_counter() - incoming.arrived_seconds
                self.metrics.observe_request(*labels, incoming.protocol, code, seconds)
            request = None  # so that its memory can be given back
            request_memory.release_after_request(taken_bytes)

    def _admit(self, operation: Operation, memory_bytes: int) -> AbstractContextManager[None]:
        """Count the request as in flight, unless it only asks a question that can be answered at once."""
        if operation.is_question and not (operation.needs_models and not self.gate.is_open):
            return nullcontext()
        return self.admission.enter(memory_bytes)
