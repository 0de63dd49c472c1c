"""Regress: one value for each tf.Example."""

from functools import partial
from typing import Final

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.inference.examples import (
    check_examples_signature,
    run_request,
)
from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.dtypes import data_type_of
from tears.model_server.wire.signatures import Signature
from tears.model_server.wire.tensors import Array
from tears.tfserving.signatures import REGRESS_METHOD
from tears.tfserving.tensors import dtype_name, shape_text
from tears.tfserving.v1 import regression_pb2, tensor_pb2

REGRESSION_OUTPUT: Final = "outputs"


def regress(
    catalog: Catalog,
    request: regression_pb2.RegressionRequest,
    timeout_seconds: float | None = None,
    *,
    checks_method_name: bool = False,
) -> regression_pb2.RegressionResponse:
    """Run the model on the request's examples; takes and raises the same as `classify`."""
    choose = partial(regression_outputs, checks_method_name=checks_method_name)
    results, examples, spec = run_request(catalog, request, choose, timeout_seconds)
    return regression_pb2.RegressionResponse(
        result=regression_result(results[REGRESSION_OUTPUT], examples), model_spec=spec
    )


def regression_outputs(signature: Signature, *, checks_method_name: bool) -> list[str]:
    """Return the output of a signature that regresses, alone in a list.

    Raises:
        InvalidArgumentError: The signature does not regress examples.
    """
    method = REGRESS_METHOD if checks_method_name else ""
    check_examples_signature(signature, "regression", method, (1,), "Expected one output Tensor.")
    if REGRESSION_OUTPUT not in signature.outputs:
        raise InvalidArgumentError(f"No regression outputs found in SignatureDef: {signature.to_proto()}")
    return [REGRESSION_OUTPUT]


def regression_result(values: Array, examples: int) -> regression_pb2.RegressionResult:
    """Return the model's output, float32 of shape (examples,) or (examples, 1), in the form of a reply.

    Raises:
        InvalidArgumentError: It has another dtype or shape.
    """
    if values.ndim != 1 and values.shape[1:] != (1,):
        raise InvalidArgumentError(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got "
            f"{shape_text(values.shape)}"
        )
    if len(values) != examples:
        raise InvalidArgumentError(f"Input batch size did not match output batch size: {examples} vs. {len(values)}")
    dtype = data_type_of(values.dtype)
    if dtype != tensor_pb2.DT_FLOAT:
        raise InvalidArgumentError(f"Expected output Tensor of DT_FLOAT.  Got: {dtype_name(dtype)}")
    return regression_pb2.RegressionResult(
        regressions=[regression_pb2.Regression(value=value) for value in values.reshape(-1).tolist()]
    )
