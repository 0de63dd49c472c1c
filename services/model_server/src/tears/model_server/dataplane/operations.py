"""The operations behind the methods of TF Serving's two services, and what the data plane has to know about each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference import examples
from tears.model_server.dataplane.inference.classification import classify
from tears.model_server.dataplane.inference.multi_inference import multi_inference
from tears.model_server.dataplane.inference.prediction import predict
from tears.model_server.dataplane.inference.regression import regress
from tears.model_server.dataplane.model_questions import get_model_metadata, get_model_status
from tears.model_server.errors import NotAllowedError
from tears.model_server.wire import tensors
from tears.tfserving import methods
from tears.tfserving.v1 import management_pb2


@dataclass(frozen=True, slots=True)
class Operation:
    """The function that answers one method, and how the data plane treats its requests."""

    # Gets the request and the seconds that its caller still waits (None: forever), and returns the reply.
    answer: Callable[[Any, float | None], Any]
    # What a parsed request may take in memory while it is worked on.
    claimed_bytes: Callable[[Any], int] = lambda _: 0
    # Whether it only asks about models: it is answered at once, at any load, and does not count as in flight.
    is_question: bool = False
    # Whether it has to wait until the first models have been loaded.
    needs_models: bool = True


def make_operations(
    catalog: Catalog, *, checks_method_names: bool, replies_as_content: bool, allows_reload: bool
) -> dict[str, Operation]:
    """Return the operation of each method, by the method's path.

    Only with `allows_reload` a request may change which models are served. With `checks_method_names` a signature must
    have been exported for the method that uses it. With `replies_as_content` Predict replies with `tensor_content`
    instead of typed fields.
    """

    def on_examples(answer: Callable[..., Any]) -> Operation:
        return Operation(
            partial(answer, catalog, checks_method_name=checks_method_names),
            claimed_bytes=lambda request: examples.claimed_bytes(request.input),
        )

    return {
        methods.CLASSIFY.path: on_examples(classify),
        methods.REGRESS.path: on_examples(regress),
        methods.MULTI_INFERENCE.path: on_examples(multi_inference),
        methods.PREDICT.path: Operation(
            partial(predict, catalog, as_content=replies_as_content, checks_method_name=checks_method_names),
            claimed_bytes=lambda request: tensors.claimed_bytes(request.inputs),
        ),
        methods.GET_MODEL_METADATA.path: Operation(
            lambda request, _: get_model_metadata(catalog, request), is_question=True
        ),
        methods.GET_MODEL_STATUS.path: Operation(
            lambda request, _: get_model_status(catalog, request), is_question=True, needs_models=False
        ),
        methods.HANDLE_RELOAD_CONFIG_REQUEST.path: Operation(
            partial(_reload, catalog) if allows_reload else _refuse_reload, needs_models=False
        ),
    }


def _refuse_reload(request: management_pb2.ReloadConfigRequest, _timeout_seconds: float | None) -> NoReturn:
    """Refuse, without a look at the request: its errors would say which folders exist."""
    del request
    raise NotAllowedError(
        "HandleReloadConfigRequest is not allowed on this server: start it with --allow_reload_config_request, or let "
        "it reread a --model_config_file with --model_config_file_poll_wait_seconds"
    )


def _reload(
    catalog: Catalog, request: management_pb2.ReloadConfigRequest, timeout_seconds: float | None
) -> management_pb2.ReloadConfigResponse:
    """Serve the models of the request's configuration, and no others; blocks while their versions load."""
    catalog.reload(request.config, timeout_seconds)
    reply = management_pb2.ReloadConfigResponse()
    reply.status.SetInParent()  # clients look for a status, even if it is OK
    return reply
