"""Classify: labels and scores for tf.Examples; a request in, a reply or an error out, and no transport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from tears.tfserving.signatures import CLASSIFY_METHOD
from tears.tfserving.tensors import dtype_name
from tears.tfserving.v1 import classification_pb2, tensor_pb2

CLASSES: Final = "classes"
SCORES: Final = "scores"
_OUTPUTS: Final = {CLASSES: tensor_pb2.DT_STRING, SCORES: tensor_pb2.DT_FLOAT}


def classify(
    catalog: Catalog,
    request: classification_pb2.ClassificationRequest,
    timeout_seconds: float | None = None,
    *,
    checks_method_name: bool = False,
) -> classification_pb2.ClassificationResponse:
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
        outputs = classification_outputs(signature, checks_method_name=checks_method_name)
        batch = serialized_examples(request.input)
        results = run_on_examples(servable, name, batch, outputs, timeout_seconds)
    return classification_pb2.ClassificationResponse(
        result=classification_result(results, len(batch)), model_spec=answering_spec(spec.name, version, name)
    )


def classification_outputs(signature: Signature, *, checks_method_name: bool) -> list[str]:
    """Which outputs of a signature classify: its classes, its scores, or both.

    Raises:
        InvalidArgumentError: It is no signature that classifies examples.
    """
    if checks_method_name:
        require_method(signature, "classification", CLASSIFY_METHOD)
    require_one_input(signature)
    if len(signature.outputs) not in (1, 2):
        raise InvalidArgumentError(f"Expected one or two output Tensors, found {len(signature.outputs)}")
    require_example_input(signature, "classification")
    chosen = [name for name in _OUTPUTS if name in signature.outputs]
    if not chosen:
        raise InvalidArgumentError(
            f'Expected classification signature outputs to contain at least one of "{CLASSES}" or "{SCORES}". '
            f"Signature was: {signature.to_proto()}"
        )
    return chosen


def classification_result(outputs: Mapping[str, Array], examples: int) -> classification_pb2.ClassificationResult:
    """The model's outputs as the reply has them.

    Args:
        outputs: `classes`, strings, `scores`, float32, or both; each of shape (examples, classes).
        examples: How many the model was given.

    Raises:
        InvalidArgumentError: An output has another dtype or shape.
    """
    for name, array in outputs.items():
        _check(name, array, examples)
    if len({array.shape for array in outputs.values()}) > 1:
        raise InvalidArgumentError(
            "Tensors class and score should match in dim_size(1). "
            f"Got {outputs[CLASSES].shape[1]} vs. {outputs[SCORES].shape[1]}"
        )
    result = classification_pb2.ClassificationResult()
    rows = {name: array.tolist() for name, array in outputs.items()}
    for number in range(examples):
        labels: Sequence[bytes] = rows[CLASSES][number] if CLASSES in rows else ()
        scores: Sequence[float] = rows[SCORES][number] if SCORES in rows else ()
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
        raise InvalidArgumentError(f"Expected Tensor shape: [batch_size num_classes] but got {shape_text(array)}")
    dtype = data_type_of(array.dtype)
    if dtype != _OUTPUTS[name]:
        raise InvalidArgumentError(f"Expected {name} Tensor of {dtype_name(_OUTPUTS[name])}. Got: {dtype_name(dtype)}")
    if len(array) != examples:
        raise InvalidArgumentError(f"Expected {name} output batch size of {examples}. Got: {len(array)}")


def _text(label: bytes) -> str:
    """A label as the reply's field, which takes text only, can carry it."""
    return label.decode(errors="replace")
