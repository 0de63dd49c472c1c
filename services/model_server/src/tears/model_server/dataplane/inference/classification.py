"""Classify: labels and scores for tf.Examples."""

from collections.abc import Mapping, Sequence
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
from tears.tfserving.signatures import CLASSIFY_METHOD
from tears.tfserving.tensors import dtype_name, shape_text
from tears.tfserving.v1 import classification_pb2, tensor_pb2

CLASSES_OUTPUT: Final = "classes"
SCORES_OUTPUT: Final = "scores"
_OUTPUT_DTYPES: Final = {CLASSES_OUTPUT: tensor_pb2.DT_STRING, SCORES_OUTPUT: tensor_pb2.DT_FLOAT}


def classify(
    catalog: Catalog,
    request: classification_pb2.ClassificationRequest,
    timeout_seconds: float | None = None,
    *,
    checks_method_name: bool = False,
) -> classification_pb2.ClassificationResponse:
    """Run the model on the request's examples; blocks until it has run. The wording of its errors is TF Serving's.

    The timeout limits how long the request waits for its turn; None is forever. With `checks_method_name` the signature
    must have been exported for this method; TensorFlow 2 exports every signature for Predict.

    Raises:
        ModelServerError: Its class says what was wrong.
    """
    choose = partial(classification_outputs, checks_method_name=checks_method_name)
    results, examples, spec = run_request(catalog, request, choose, timeout_seconds)
    return classification_pb2.ClassificationResponse(result=classification_result(results, examples), model_spec=spec)


def classification_outputs(signature: Signature, *, checks_method_name: bool) -> list[str]:
    """Return the outputs of a signature that classify: its classes, its scores, or both.

    Raises:
        InvalidArgumentError: The signature does not classify examples.
    """
    wrong_outputs = f"Expected one or two output Tensors, found {len(signature.outputs)}"
    method = CLASSIFY_METHOD if checks_method_name else ""
    check_examples_signature(signature, "classification", method, (1, 2), wrong_outputs)
    chosen = [name for name in _OUTPUT_DTYPES if name in signature.outputs]
    if not chosen:
        raise InvalidArgumentError(
            f'Expected classification signature outputs to contain at least one of "{CLASSES_OUTPUT}" or '
            f'"{SCORES_OUTPUT}". Signature was: {signature.to_proto()}'
        )
    return chosen


def classification_result(outputs: Mapping[str, Array], examples: int) -> classification_pb2.ClassificationResult:
    """Return the model's outputs in the form of a reply.

    The outputs are `classes`, strings, `scores`, float32, or both; each of shape (examples, classes).

    Raises:
        InvalidArgumentError: An output has another dtype or shape.
    """
    for name, array in outputs.items():
        _check(name, array, examples)
    if len({array.shape for array in outputs.values()}) > 1:
        raise InvalidArgumentError(
            "Tensors class and score should match in dim_size(1). "
            f"Got {outputs[CLASSES_OUTPUT].shape[1]} vs. {outputs[SCORES_OUTPUT].shape[1]}"
        )
    result = classification_pb2.ClassificationResult()
    rows = {name: array.tolist() for name, array in outputs.items()}
    for number in range(examples):
        labels: Sequence[bytes] = rows[CLASSES_OUTPUT][number] if CLASSES_OUTPUT in rows else ()
        scores: Sequence[float] = rows[SCORES_OUTPUT][number] if SCORES_OUTPUT in rows else ()
        classes = result.classifications.add().classes
        if labels and scores:
            for label, score in zip(labels, scores, strict=True):
                classes.add(label=_text(label), score=score)
        else:
            classes.extend(classification_pb2.Class(label=_text(label)) for label in labels)
            classes.extend(classification_pb2.Class(score=score) for score in scores)
    return result


def _check(name: str, array: Array, examples: int) -> None:
    if array.ndim != 2:  # noqa: PLR2004 - examples and classes
        raise InvalidArgumentError(f"Expected Tensor shape: [batch_size num_classes] but got {shape_text(array.shape)}")
    dtype = data_type_of(array.dtype)
    if dtype != _OUTPUT_DTYPES[name]:
        raise InvalidArgumentError(
            f"Expected {name} Tensor of {dtype_name(_OUTPUT_DTYPES[name])}. Got: {dtype_name(dtype)}"
        )
    if len(array) != examples:
        raise InvalidArgumentError(f"Expected {name} output batch size of {examples}. Got: {len(array)}")


def _text(label: bytes) -> str:
    """Return a label as text, because the reply's field takes only text."""
    return label.decode(errors="replace")
