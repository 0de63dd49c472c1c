"""Regress: a value for each tf.Example; a request in, a reply or an error out, and no transport."""

from __future__ import annotations

from typing import Final

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.examples import (
    require_example_input,
    require_method,
    require_one_input,
    run_on_examples,
    serialized_examples,
    shape_text,
)
from tears.model_server.dataplane.model_spec import answering_spec, require_spec, signature_name
from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.dtypes import data_type_of
from tears.model_server.wire.signatures import Signature
from tears.model_server.wire.tensors import Array
from tears.tfserving.signatures import REGRESS_METHOD
from tears.tfserving.tensors import dtype_name
from tears.tfserving.v1 import regression_pb2, tensor_pb2

OUTPUTS: Final = "outputs"


def regress(
    catalog: Catalog,
    request: regression_pb2.RegressionRequest,
    timeout_seconds: float | None = None,
    *,
    checks_method_name: bool = False,
) -> regression_pb2.RegressionResponse:
    """Runs the model on the request's examples; blocks until it has run. The wording of its errors is TF Serving's.

    Args:
        catalog: Where the model is looked up.
        request: As it came; nothing in it is trusted.
        timeout_seconds: How long it may wait for its turn; None is for ever.
        checks_method_name: Whether the signature must have been exported for this method. TensorFlow 2 exports every
            signature for Predict.

    Raises:
        ModelServerError: One of its kinds, by what was wrong.
    """
    spec = require_spec(request)
    name = signature_name(spec)
    with catalog.use(spec) as (version, servable):
        signature = servable.signatures.get(name)
        if signature is None:
            raise InvalidArgumentError(f"No signature was found with the name: {name}")
        outputs = regression_outputs(signature, checks_method_name=checks_method_name)
        batch = serialized_examples(request.input)
        results = run_on_examples(servable, name, batch, outputs, timeout_seconds)
    return regression_pb2.RegressionResponse(
        result=regression_result(results[OUTPUTS], len(batch)), model_spec=answering_spec(spec.name, version, name)
    )


def regression_outputs(signature: Signature, *, checks_method_name: bool) -> list[str]:
    """The output of a signature that regresses, alone in a list.

    Raises:
        InvalidArgumentError: It is no signature that regresses examples.
    """
    if checks_method_name:
        require_method(signature, "regression", REGRESS_METHOD)
    require_one_input(signature)
    if len(signature.outputs) != 1:
        raise InvalidArgumentError("Expected one output Tensor.")
    require_example_input(signature, "regression")
    if OUTPUTS not in signature.outputs:
        raise InvalidArgumentError(f"No regression outputs found in SignatureDef: {signature.to_proto()}")
    return [OUTPUTS]


def regression_result(values: Array, examples: int) -> regression_pb2.RegressionResult:
    """The model's output as the reply has it.

    Args:
        values: float32, of shape (examples,) or (examples, 1).
        examples: How many the model was given.

    Raises:
        InvalidArgumentError: It has another dtype or shape.
    """
    if values.ndim != 1 and values.shape[1:] != (1,):
        raise InvalidArgumentError(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {shape_text(values)}"
        )
    if len(values) != examples:
        raise InvalidArgumentError(f"Input batch size did not match output batch size: {examples} vs. {len(values)}")
    dtype = data_type_of(values.dtype)
    if dtype != tensor_pb2.DT_FLOAT:
        raise InvalidArgumentError(f"Expected output Tensor of DT_FLOAT.  Got: {dtype_name(dtype)}")
    return regression_pb2.RegressionResult(
        regressions=[regression_pb2.Regression(value=value) for value in values.reshape(-1).tolist()]
    )
