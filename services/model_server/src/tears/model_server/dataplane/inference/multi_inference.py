"""MultiInference: several signatures of one model, run on the same tf.Examples."""

from collections.abc import Sequence

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference.classification import classification_outputs, classification_result
from tears.model_server.dataplane.inference.examples import run_on_examples, serialized_examples
from tears.model_server.dataplane.inference.regression import REGRESSION_OUTPUT, regression_outputs, regression_result
from tears.model_server.dataplane.model_spec import answering_spec, signature_name
from tears.model_server.engines.servable import Servable
from tears.model_server.errors import InvalidArgumentError, UnimplementedError
from tears.tfserving.signatures import CLASSIFY_METHOD, REGRESS_METHOD
from tears.tfserving.v1 import inference_pb2
from tears.tfserving.v1.model_pb2 import ModelSpec


def multi_inference(
    catalog: Catalog,
    request: inference_pb2.MultiInferenceRequest,
    timeout_seconds: float | None = None,
    *,
    checks_method_name: bool = False,
) -> inference_pb2.MultiInferenceResponse:
    """Run each task on the request's examples; blocks until all have run. The wording of its errors is TF Serving's.

    One version answers all tasks: that of the first task's spec. The timeout limits how long each task waits for its
    turn; None is forever. With `checks_method_name` a signature must have been exported for its task's method.

    Raises:
        ModelServerError: Its class says what was wrong. If the request itself is wrong, no task has run.
    """
    spec = request.tasks[0].model_spec if request.tasks else ModelSpec()
    with catalog.use(spec) as (version, servable):
        wanted = _wanted_outputs(servable, request.tasks, checks_method_name=checks_method_name)
        batch = serialized_examples(request.input)
        reply = inference_pb2.MultiInferenceResponse()
        for task, outputs in zip(request.tasks, wanted, strict=True):
            name = signature_name(task.model_spec)
            results = run_on_examples(servable, name, batch, outputs, timeout_seconds)
            result = reply.results.add(model_spec=answering_spec(spec.name, version, name))
            if task.method_name == CLASSIFY_METHOD:
                result.classification_result.CopyFrom(classification_result(results, len(batch)))
            else:
                result.regression_result.CopyFrom(regression_result(results[REGRESSION_OUTPUT], len(batch)))
    return reply


def _wanted_outputs(
    servable: Servable, tasks: Sequence[inference_pb2.InferenceTask], *, checks_method_name: bool
) -> list[list[str]]:
    """Return the outputs that each task needs; raises at the first task that is wrong."""
    wanted: dict[str, list[str]] = {}
    for task in tasks:
        if not task.model_spec.name:
            raise InvalidArgumentError("Found ModelSpec with an empty model name.")
        if task.model_spec.name != tasks[0].model_spec.name:
            raise InvalidArgumentError("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
        name = signature_name(task.model_spec)
        if name in wanted:
            raise InvalidArgumentError(f"Duplicate evaluation of signature: {name}")
        signature = servable.signatures.get(name)
        if signature is None:
            raise InvalidArgumentError(f"Requested signature not found in model graph: {name}")
        if task.method_name == CLASSIFY_METHOD:
            wanted[name] = classification_outputs(signature, checks_method_name=checks_method_name)
        elif task.method_name == REGRESS_METHOD:
            wanted[name] = regression_outputs(signature, checks_method_name=checks_method_name)
        else:
            raise UnimplementedError(f"Unsupported signature method_name: {task.method_name}")
    return list(wanted.values())
