"""A request of the REST API as the data plane takes it: JSON in, JSON out."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.errors import InvalidArgumentError
from tears.model_server.metrics import REST
from tears.model_server.rest.json import replies as json_replies
from tears.model_server.rest.json.examples import examples_in
from tears.model_server.rest.json.predict import BodyLayout, InputSpecs, signature_name_in, tensors_in
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


class RestRequest:
    """One request; see `IncomingRequest`."""

    protocol = REST

    def __init__(
        self,
        catalog: Catalog,
        method: str,
        target: str,
        body: bytes | bytearray,
        *,
        arrived_seconds: float,
        timeout_seconds: float,
        large_body: threading.Lock,
    ) -> None:
        """Parse nothing yet.

        Args:
            catalog: Knows what a signature takes: JSON does not say which dtype a number has.
            method: `GET`, `POST` or any other.
            target: The path as it was sent, with its query.
            body: The unpacked body.
            arrived_seconds: When it had arrived, by `time.perf_counter`.
            timeout_seconds: How long it may wait for its turn after that.
            large_body: Held while a large body is parsed.
        """
        self.description = f"{method} {target}"
        self.arrived_seconds = arrived_seconds
        self.size_bytes = len(body)
        self._catalog = catalog
        self._http_method = method
        self._target = target
        self._body = body
        self._deadline_seconds = arrived_seconds + timeout_seconds
        self._large_body = large_body
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
        with self._turn():
            document = parse_object(self._body)
            self._body = b""
            spec.signature_name = signature_name_in(document)
            if what == "predict":
                self._layout, inputs = tensors_in(document, self._input_specs(spec))
                return PredictRequest(model_spec=spec, inputs=inputs)
            kind = ClassificationRequest if what == "classify" else RegressionRequest
            return kind(model_spec=spec, input=examples_in(document))

    def remaining_seconds(self) -> float:
        """Return how long the request may still wait for its turn."""
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

    def _turn(self) -> AbstractContextManager[object]:
        return self._large_body if self.size_bytes > LARGE_BODY_BYTES else nullcontext()

    def _input_specs(self, spec: ModelSpec) -> InputSpecs:
        """Return what the signature takes.

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
        return signature.inputs
