"""The REST API without HTTP: a method, a path and a body in; a status, headers and a body out."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.admission import Admission
from tears.model_server.dataplane.classification import classify
from tears.model_server.dataplane.engine_metrics import run_for
from tears.model_server.dataplane.examples import claimed_bytes
from tears.model_server.dataplane.prediction import get_model_metadata, get_model_status, predict
from tears.model_server.dataplane.regression import regress
from tears.model_server.errors import InvalidArgumentError, ModelServerError
from tears.model_server.metrics import REST, ServerMetrics
from tears.model_server.rest.json import replies as json_replies
from tears.model_server.rest.json.examples import examples_in
from tears.model_server.rest.json.predict import Layout, Specs, signature_name_in, tensors_in
from tears.model_server.rest.json.text import parse_object, weigh
from tears.model_server.rest.routes import Route, route
from tears.tfserving.methods import CLASSIFY, PREDICT, REGRESS
from tears.tfserving.signatures import DEFAULT_SIGNATURE, METADATA_FIELD
from tears.tfserving.v1 import (
    classification_pb2,
    input_pb2,
    metadata_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
    status_pb2,
)
from tears.tfserving.v1.status_pb2 import StatusProto

logger = logging.getLogger(__name__)

# Large bodies are parsed one after another. The parser holds the interpreter's lock all the same, and needs a multiple
# of the body's memory meanwhile.
LARGE_BODY_BYTES: Final = 1024 * 1024

HTTP_STATUSES: Final = {
    StatusProto.OK: HTTPStatus.OK,
    StatusProto.CANCELLED: 499,  # "client closed request", which Python's list lacks
    StatusProto.UNKNOWN: HTTPStatus.INTERNAL_SERVER_ERROR,
    StatusProto.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    StatusProto.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
    StatusProto.NOT_FOUND: HTTPStatus.NOT_FOUND,
    StatusProto.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    StatusProto.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    StatusProto.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    StatusProto.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    StatusProto.ABORTED: HTTPStatus.CONFLICT,
    StatusProto.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    StatusProto.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    StatusProto.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    StatusProto.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    StatusProto.DATA_LOSS: HTTPStatus.INTERNAL_SERVER_ERROR,
    StatusProto.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back; `body` is JSON unless the headers say otherwise."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default=(("Content-Type", "application/json"),))


def error_reply(message: str, status: int) -> Reply:
    """An error as TF Serving tells it."""
    return Reply(status, json_replies.error(message).encode(errors="replace"))


class Api:
    """Answers what is asked below `/v1/`. Thread-safe; blocks until the model has run."""

    def __init__(
        self,
        catalog: Catalog,
        admission: Admission,
        metrics: ServerMetrics,
        *,
        timeout_seconds: float,
        checks_method_names: bool = False,
    ) -> None:
        """Asks nothing yet.

        Args:
            catalog: Where models are looked up.
            admission: Bounds the requests that are worked on; the same as for gRPC.
            metrics: Counts the requests.
            timeout_seconds: How long a request may wait for its turn, from its arrival on.
            checks_method_names: Whether `:classify` and `:regress` want a signature that was exported for them.
        """
        self._catalog = catalog
        self._admission = admission
        self._metrics = metrics
        self._timeout_seconds = timeout_seconds
        self._checks_method_names = checks_method_names
        self._large_body = threading.Lock()

    def answer(self, method: str, target: str, body: bytes, arrived_seconds: float) -> Reply:
        """One request.

        Args:
            method: `GET`, `POST` or any other.
            target: The path as it was sent, with its query.
            body: Unpacked, where it came packed.
            arrived_seconds: By `time.perf_counter`.
        """
        found: Route | None = None
        code: StatusProto.Code = StatusProto.OK
        try:
            found = route(method, target)
            return Reply(HTTPStatus.OK, self._text(found, body, arrived_seconds).encode())
        except ModelServerError as error:
            code = error.code
            return error_reply(str(error), HTTP_STATUSES[code])
        except Exception as error:  # the edge: a defect of ours fails one request, with a status and a log line
            code = StatusProto.INTERNAL
            logger.exception("%s %s failed", method, target)
            return error_reply(f"{method} {target} failed: {error}", HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            name, api = (found.spec.name, found.what) if found else ("", "")
            api = api if method == "POST" else ""  # as in TF Serving
            self._metrics.observe_request(name, api, REST, code, time.perf_counter() - arrived_seconds)

    def _text(self, found: Route, body: bytes, arrived_seconds: float) -> str:
        spec = found.spec
        if found.what == "status":
            return json_replies.status(
                get_model_status(self._catalog, status_pb2.GetModelStatusRequest(model_spec=spec))
            )
        if found.what == "metadata":
            asked = metadata_pb2.GetModelMetadataRequest(model_spec=spec, metadata_field=[METADATA_FIELD])
            return json_replies.metadata(get_model_metadata(self._catalog, asked))
        # Before it is parsed, which takes a multiple of its length.
        with self._admission.enter(weigh(body)):
            return self._inference(found, body, arrived_seconds)

    def _inference(self, found: Route, body: bytes, arrived_seconds: float) -> str:
        spec = found.spec
        if found.what == "predict":
            layout, request = self._predict_request(spec, body)
            with run_for(PREDICT):
                reply = predict(self._catalog, request, self._patience_seconds(arrived_seconds))
            return json_replies.prediction(reply.outputs, layout)
        examples = examples_in(self._document(spec, body))
        with self._admission.grow(max(0, claimed_bytes(examples) - len(body))):
            return self._inference_on_examples(found, examples, arrived_seconds)

    def _inference_on_examples(self, found: Route, examples: input_pb2.Input, arrived_seconds: float) -> str:
        spec, checks = found.spec, self._checks_method_names
        if found.what == "classify":
            classify_request = classification_pb2.ClassificationRequest(model_spec=spec, input=examples)
            with run_for(CLASSIFY):
                patience_seconds = self._patience_seconds(arrived_seconds)
                classified = classify(self._catalog, classify_request, patience_seconds, checks_method_name=checks)
            return json_replies.classification(classified.result)
        regress_request = regression_pb2.RegressionRequest(model_spec=spec, input=examples)
        with run_for(REGRESS):
            patience_seconds = self._patience_seconds(arrived_seconds)
            regressed = regress(self._catalog, regress_request, patience_seconds, checks_method_name=checks)
        return json_replies.regression(regressed.result)

    def _predict_request(self, spec: model_pb2.ModelSpec, body: bytes) -> tuple[Layout, predict_pb2.PredictRequest]:
        with self._turn(body):
            document = self._document(spec, body)
            layout, inputs = tensors_in(document, self._inputs(spec))
        return layout, predict_pb2.PredictRequest(model_spec=spec, inputs=inputs)

    def _document(self, spec: model_pb2.ModelSpec, body: bytes) -> dict[str, Any]:
        """The request's JSON; the signature that it names goes into the spec."""
        document = parse_object(body)
        spec.signature_name = signature_name_in(document)
        return document

    def _turn(self, body: bytes) -> AbstractContextManager[object]:
        return self._large_body if len(body) > LARGE_BODY_BYTES else nullcontext()

    def _inputs(self, spec: model_pb2.ModelSpec) -> Specs:
        """What a signature takes.

        Raises:
            InvalidArgumentError: There is no such signature, or it takes nothing; the wording is TF Serving's.
            NotFoundError: No such model or version is available.
        """
        name = spec.signature_name or DEFAULT_SIGNATURE
        with self._catalog.use(spec) as (_, servable):
            signature = servable.signatures.get(name)
        if signature is None:
            raise InvalidArgumentError(f'Serving signature name: "{name}" not found in signature def')
        if not signature.inputs:
            raise InvalidArgumentError(f"Failed to get input map for signature: {spec.signature_name or 'DEFAULT'}")
        return signature.inputs

    def _patience_seconds(self, arrived_seconds: float) -> float:
        return max(0.0, arrived_seconds + self._timeout_seconds - time.perf_counter())
