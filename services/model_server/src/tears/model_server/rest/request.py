"""A request of the REST port: as HTTP delivers it, and as the data plane takes it, with JSON in and JSON out."""

import threading
import time
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.errors import InvalidArgumentError
from tears.model_server.metrics import REST
from tears.model_server.rest.json import replies as json_replies
from tears.model_server.rest.json.examples import examples_in
from tears.model_server.rest.json.predict import BodyLayout, InputSpecs, input_names_in, signature_name_in, tensors_in
from tears.model_server.rest.json.text import estimate_json_bytes, parse_object
from tears.model_server.rest.routes import Route, find_route
from tears.tfserving.methods import CLASSIFY, GET_MODEL_METADATA, GET_MODEL_STATUS, PREDICT, REGRESS, Method
from tears.tfserving.signatures import DEFAULT_SIGNATURE, METADATA_FIELD
from tears.tfserving.v1.classification_pb2 import ClassificationRequest
from tears.tfserving.v1.metadata_pb2 import GetModelMetadataRequest
from tears.tfserving.v1.model_pb2 import ModelSpec
from tears.tfserving.v1.predict_pb2 import PredictRequest
from tears.tfserving.v1.regression_pb2 import RegressionRequest
from tears.tfserving.v1.status_pb2 import GetModelStatusRequest

# Larger bodies are parsed one after another. The parser needs a multiple of the body's memory, and holds the
# interpreter's lock in any case.
LARGE_BODY_BYTES: Final = 1024 * 1024

_METHODS_BY_ROUTE: Final[dict[str, Method[Any, Any]]] = {
    "status": GET_MODEL_STATUS,
    "metadata": GET_MODEL_METADATA,
    "predict": PREDICT,
    "classify": CLASSIFY,
    "regress": REGRESS,
}


@dataclass(slots=True)
class HttpRequest:
    """A request whose body has arrived as a whole."""

    method: str
    # The path and the query, as they were sent.
    target: str
    body: bytes | bytearray = b""
    content_encoding: str = ""
    arrived_seconds: float = field(default_factory=time.perf_counter)

    @property
    def path(self) -> str:
        """Return the path without the query, decoded."""
        return unquote(self.target.partition("?")[0])

    def take_body(self) -> bytes | bytearray:
        """Return the body and forget it: it may be large, and its memory is needed while the model runs."""
        body, self.body = self.body, b""
        return body


class RestRequest:
    """One request; see `IncomingRequest`."""

    protocol = REST

    def __init__(
        self, catalog: Catalog, http: HttpRequest, timeout_seconds: float | None, parsing_large: threading.Lock
    ) -> None:
        """Take the body, and parse nothing yet.

        The catalog knows what a signature takes: JSON does not say which dtype a number has. The timeout limits how
        long the request waits for its turn after it has arrived; None is no limit. The lock is held while a large body
        is parsed.
        """
        self.description = f"{http.method} {http.target}"
        self.arrived_seconds = http.arrived_seconds
        self.size_bytes = len(http.body)
        self._catalog = catalog
        self._http_method = http.method
        self._target = http.target
        self._body = http.take_body()
        self._deadline_seconds = None if timeout_seconds is None else http.arrived_seconds + timeout_seconds
        self._parsing_large = parsing_large
        self._route = Route("", ModelSpec())  # until it has been found
        self._layout = BodyLayout.ROWS

    def method(self) -> Method[Any, Any]:
        """Return the method that the HTTP method and the path stand for."""
        self._route = find_route(self._http_method, self._target)
        return _METHODS_BY_ROUTE[self._route.what]

    def estimate_memory_bytes(self, *, is_question: bool) -> int:
        """Return what the parsed JSON will take; a question has no body to parse."""
        return 0 if is_question else estimate_json_bytes(self._body)

    def parse(self) -> Any:
        """Return the message that the JSON stands for."""
        what, spec = self._route.what, self._route.spec
        if what == "status":
            return GetModelStatusRequest(model_spec=spec)
        if what == "metadata":
            return GetModelMetadataRequest(model_spec=spec, metadata_field=[METADATA_FIELD])
        with self._parsing_large if self.size_bytes > LARGE_BODY_BYTES else nullcontext():
            document = parse_object(self._body)
            self._body = b""
            spec.signature_name = signature_name_in(document)
            if what == "predict":
                self._layout, inputs = tensors_in(document, self._input_specs(spec, input_names_in(document)))
                return PredictRequest(model_spec=spec, inputs=inputs)
            kind = ClassificationRequest if what == "classify" else RegressionRequest
            return kind(model_spec=spec, input=examples_in(document))

    def remaining_seconds(self) -> float | None:
        """Return how long the request may still wait for its turn; None is forever."""
        if self._deadline_seconds is None:
            return None
        return max(0.0, self._deadline_seconds - time.perf_counter())

    def render(self, response: Any) -> bytes:
        """Return the reply as JSON."""
        match self._route.what:
            case "status":
                text = json_replies.status(response)
            case "metadata":
                text = json_replies.metadata(response)
            case "predict":
                text = json_replies.prediction(response.outputs, self._layout)
            case "classify":
                text = json_replies.classification(response.result)
            case _:
                text = json_replies.regression(response.result)
        return text.encode()

    def metric_labels(self) -> tuple[str, str]:
        """Return the model and `predict`, `classify` or `regress`; as in TF Serving, a GET has no API."""
        return self._route.spec.name, self._route.what if self._http_method == "POST" else ""

    def _input_specs(self, spec: ModelSpec, given: Collection[str]) -> InputSpecs:
        """Return what the signature takes, by the names that the request uses for it.

        Raises:
            InvalidArgumentError: There is no such signature, or it has no inputs; the wording is TF Serving's.
            NotFoundError: No such model or version is available.
        """
        name = spec.signature_name or DEFAULT_SIGNATURE
        with self._catalog.use(spec) as (_, servable):
            signature = servable.signatures.get(name)
        if signature is None:
            raise InvalidArgumentError(f'Serving signature name: "{name}" not found in signature def')
        if not signature.inputs:
            raise InvalidArgumentError(f"Failed to get input map for signature: {spec.signature_name or 'DEFAULT'}")
        return signature.named_as(given).inputs
