"""tf.Examples as Classify, Regress and MultiInference take them: serialised, and parsed by the model itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from tears.model_server.engines.servable import Servable
from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.signatures import Signature
from tears.model_server.wire.tensors import Array
from tears.tfserving.tensors import dtype_name
from tears.tfserving.v1 import input_pb2, tensor_pb2

# The one input of a signature that takes examples.
INPUTS: Final = "inputs"

# Of all examples of a request together, once each holds its context: the context is sent once and copied into every
# one of them, so a small request could ask for any amount of memory.
MAX_BYTES: Final = 64 * 1024 * 1024


def serialized_examples(given: input_pb2.Input) -> Array:
    """One serialised tf.Example per example of the request.

    A context is written in front of each: to a parser, two messages in a row are one message in which the second
    has its way.

    Returns:
        Shape (examples,), dtype object: bytes.

    Raises:
        InvalidArgumentError: There is no example (the wording is TF Serving's), or they need more than `MAX_BYTES`.
    """
    context = b""
    examples: Sequence[bytes] = ()
    if given.WhichOneof("kind") == "example_list":
        examples = [example.SerializeToString() for example in given.example_list.examples]
    elif given.WhichOneof("kind") == "example_list_with_context":
        context = given.example_list_with_context.context.SerializeToString()
        examples = [example.SerializeToString() for example in given.example_list_with_context.examples]
    if not examples:
        raise InvalidArgumentError("Input is empty.")
    if len(context) * len(examples) > MAX_BYTES:
        raise InvalidArgumentError(
            f"a context of {len(context)} bytes in each of {len(examples)} examples is more than {MAX_BYTES} bytes; "
            f"send fewer examples at a time"
        )
    batch = np.empty(len(examples), object)
    batch[:] = [context + example for example in examples] if context else examples
    return batch


def claimed_bytes(given: input_pb2.Input) -> int:
    """What a request's examples may take once each of them holds the context.

    What `serialized_examples` refuses counts as it came.
    """
    with_context = given.example_list_with_context
    copies = with_context.context.ByteSize() * len(with_context.examples)
    return given.ByteSize() + (copies if copies <= MAX_BYTES else 0)


def run_on_examples(
    servable: Servable, name: str, batch: Array, outputs: Sequence[str], timeout_seconds: float | None
) -> dict[str, Array]:
    """Computes the named outputs of a signature whose one input is `INPUTS`.

    Raises:
        InvalidArgumentError: The signature takes no serialised examples, or not this many.
        ModelServerError: What the back end raises.
    """
    spec = servable.signatures[name].inputs[INPUTS]
    if spec.dtype != tensor_pb2.DT_STRING:
        raise InvalidArgumentError(
            f"input {INPUTS}: signature {name} takes {dtype_name(spec.dtype)}, no serialised tf.Examples (DT_STRING); "
            f"Predict can call it"
        )
    if not spec.accepts(batch.shape):
        raise InvalidArgumentError(
            f"input {INPUTS}: signature {name} takes shape {list(spec.shape or ())}, "
            f"the request has {len(batch)} examples"
        )
    return servable.run(name, {INPUTS: batch}, outputs, timeout_seconds=timeout_seconds)


def require_example_input(signature: Signature, task: str) -> None:
    """Checks that the one input of a signature is the one that takes examples; the wording is TF Serving's.

    Args:
        signature: As the model has it.
        task: What it is asked to do, `classification` or `regression`.

    Raises:
        InvalidArgumentError: It has another name.
    """
    if INPUTS not in signature.inputs:
        raise InvalidArgumentError(f"No {task} inputs found in SignatureDef: {signature.to_proto()}")


def require_one_input(signature: Signature) -> None:
    """Checks that a signature has one input; the wording is TF Serving's.

    Raises:
        InvalidArgumentError: It has none, or several.
    """
    if len(signature.inputs) != 1:
        raise InvalidArgumentError("Expected one input Tensor.")


def require_method(signature: Signature, task: str, method: str) -> None:
    """Checks the method name that the model was exported with; the wording is TF Serving's.

    Raises:
        InvalidArgumentError: It is another one.
    """
    if signature.method_name != method:
        raise InvalidArgumentError(
            f"Expected {task} signature method_name to be {method}. Was: {signature.method_name}"
        )


def shape_text(array: Array) -> str:
    """A shape as TensorFlow writes it: `[2,3]`."""
    return "[" + ",".join(str(size) for size in array.shape) + "]"
