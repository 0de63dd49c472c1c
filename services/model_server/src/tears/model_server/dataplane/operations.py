"""TF Serving's two services: each RPC by its name, and the function that answers it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane import examples
from tears.model_server.dataplane.classification import classify
from tears.model_server.dataplane.multi_inference import multi_inference
from tears.model_server.dataplane.prediction import get_model_metadata, get_model_status, predict
from tears.model_server.dataplane.regression import regress
from tears.model_server.dataplane.reloading import handle_reload_config_request
from tears.model_server.grpc.handlers import Rpc
from tears.model_server.wire import tensors
from tears.model_server.wire.predict_view import cut_predict
from tears.tfserving import methods
from tears.tfserving.methods import Request, Response


def service_rpcs(catalog: Catalog, *, checks_method_names: bool, replies_as_content: bool) -> list[Rpc[Any, Any]]:
    """All RPCs of PredictionService and ModelService.

    Args:
        catalog: Where models are looked up.
        checks_method_names: Whether Classify and Regress want a signature that was exported for them.
        replies_as_content: Whether Predict replies with `tensor_content`, not with typed fields.
    """
    checks = checks_method_names
    return [
        Rpc(methods.CLASSIFY, partial(classify, catalog, checks_method_name=checks), claim=_claimed_by_examples),
        Rpc(methods.REGRESS, partial(regress, catalog, checks_method_name=checks), claim=_claimed_by_examples),
        Rpc(
            methods.PREDICT,
            partial(predict, catalog, as_content=replies_as_content, checks_method_name=checks),
            cut=cut_predict,
            claim=lambda request: tensors.claimed_bytes(request.inputs),
        ),
        Rpc(
            methods.MULTI_INFERENCE,
            partial(multi_inference, catalog, checks_method_name=checks),
            claim=_claimed_by_examples,
        ),
        Rpc(methods.GET_MODEL_METADATA, _at_once(get_model_metadata, catalog), takes_long=False),
        Rpc(methods.GET_MODEL_STATUS, _at_once(get_model_status, catalog), takes_long=False, needs_models=False),
        Rpc(methods.HANDLE_RELOAD_CONFIG_REQUEST, partial(handle_reload_config_request, catalog), needs_models=False),
    ]


def _claimed_by_examples(request: Any) -> int:
    return examples.claimed_bytes(request.input)


def _at_once(
    answer: Callable[[Catalog, Request], Response], catalog: Catalog
) -> Callable[[Request, float | None], Response]:
    """What waits for no turn needs no deadline."""
    return lambda request, _: answer(catalog, request)
