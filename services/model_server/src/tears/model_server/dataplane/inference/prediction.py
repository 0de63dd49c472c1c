"""Predict: named tensors in, named tensors out."""

from typing import Final

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.model_spec import answering_spec, require_spec, signature_name
from tears.model_server.errors import FailedPreconditionError, InferenceError
from tears.model_server.wire import tensors
from tears.model_server.wire.predict_view import PredictRequestView
from tears.tfserving.signatures import CLASSIFY_METHOD, PREDICT_METHOD, REGRESS_METHOD
from tears.tfserving.v1 import predict_pb2

_CALLABLE_METHODS: Final = (PREDICT_METHOD, CLASSIFY_METHOD, REGRESS_METHOD)


def predict(
    catalog: Catalog,
    request: predict_pb2.PredictRequest | PredictRequestView,
    timeout_seconds: float | None = None,
    *,
    as_content: bool = False,
    checks_method_name: bool = False,
) -> predict_pb2.PredictResponse:
    """Run the model on the request's inputs; blocks until it has run.

    The timeout limits how long the request waits for its turn; None is forever. With `as_content` the reply's tensors
    travel as `tensor_content` instead of typed fields. With `checks_method_name` the signature must have been exported
    for Predict, Classify or Regress.

    Raises:
        ModelServerError: Its class says what was wrong.
    """
    spec = require_spec(request)
    name = signature_name(spec)
    with catalog.use(spec) as (version, servable):
        signature = servable.signatures.get(name)
        if signature is None:
            raise FailedPreconditionError(f'Serving signature key "{name}" not found.')
        if checks_method_name and signature.method_name not in _CALLABLE_METHODS:
            raise InferenceError(
                f"Expected prediction signature method_name to be one of {{{', '.join(_CALLABLE_METHODS)}}}. "
                f"Was: {signature.method_name}"
            )
        used = signature.named_as(request.inputs.keys(), request.output_filter)
        inputs = tensors.decode_inputs(request.inputs, used)
        outputs = used.choose_outputs(request.output_filter)
        if used is signature:
            results = servable.run(name, inputs, outputs, timeout_seconds=timeout_seconds)
        else:
            arrays = dict(zip(signature.inputs, inputs.values(), strict=True))
            own = dict(zip(used.outputs, signature.outputs, strict=True))
            found = servable.run(name, arrays, [own[alias] for alias in outputs], timeout_seconds=timeout_seconds)
            results = {alias: found[own[alias]] for alias in outputs}
    reply = predict_pb2.PredictResponse(model_spec=answering_spec(spec.name, version, name))
    for output, array in results.items():
        tensors.encode_tensor(array, as_content=as_content, into=reply.outputs[output])
    return reply
