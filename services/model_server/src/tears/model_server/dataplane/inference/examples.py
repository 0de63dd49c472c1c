"""tf.Examples as Classify, Regress and MultiInference take them: serialised, and parsed by the model itself."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

import numpy as np

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.dataplane.model_spec import ModelRequest, answering_spec, require_spec, signature_name
from tears.model_server.engines.servable import Servable
from tears.model_server.errors import InvalidArgumentError
from tears.model_server.wire.signatures import Signature
from tears.model_server.wire.tensors import Array
from tears.tfserving.tensors import dtype_name
from tears.tfserving.v1 import input_pb2, tensor_pb2
from tears.tfserving.v1.model_pb2 import ModelSpec

# The one input of a signature that takes examples.
EXAMPLES_INPUT: Final = "inputs"

# The bound on all examples of a request together, after the context has been copied into each of them. The context is
# sent only once, so without a bound a small request could ask for any amount of memory.
MAX_EXAMPLES_BYTES: Final = 64 * 1024 * 1024


class ExamplesRequest(ModelRequest, Protocol):
    """A Classify or Regress request."""

    @property
    def input(self) -> input_pb2.Input:
        """The examples."""


def run_request(
    catalog: Catalog,
    request: ExamplesRequest,
    choose_outputs: Callable[[Signature], list[str]],
    timeout_seconds: float | None,
) -> tuple[dict[str, Array], int, ModelSpec]:
    """Run the signature that a request names on the request's examples; blocks until it has run.

    `choose_outputs` returns the outputs to compute, or raises if the signature is of another kind. The timeout limits
    how long the request waits for its turn; None is forever.

    Returns:
        The outputs by name, the number of examples, and the spec for the reply.

    Raises:
        ModelServerError: Its class says what was wrong.
    """
    spec = require_spec(request)
    name = signature_name(spec)
    with catalog.use(spec) as (version, servable):
        signature = servable.signatures.get(name)
        if signature is None:
            raise InvalidArgumentError(f"No signature was found with the name: {name}")
        outputs = choose_outputs(signature)
        batch = serialized_examples(request.input)
        results = run_on_examples(servable, name, batch, outputs, timeout_seconds)
    return results, len(batch), answering_spec(spec.name, version, name)


def serialized_examples(given: input_pb2.Input) -> Array:
    """Return each example of the request, serialised.

    The context is put in front of each example: a parser reads two messages in a row as one message, in which the
    second overrides the first.

    Returns:
        Shape (examples,), dtype object: bytes.

    Raises:
        InvalidArgumentError: There is no example (the wording is TF Serving's), or they need more than
            `MAX_EXAMPLES_BYTES`.
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
    if len(context) * len(examples) > MAX_EXAMPLES_BYTES:
        raise InvalidArgumentError(
            f"a context of {len(context)} bytes in each of {len(examples)} examples is more than {MAX_EXAMPLES_BYTES} "
            f"bytes; send fewer examples at a time"
        )
    batch = np.empty(len(examples), object)
    batch[:] = [context + example for example in examples] if context else examples
    return batch


def claimed_bytes(given: input_pb2.Input) -> int:
    """Return what a request's examples may take after the context has been copied into each of them.

    A request that `serialized_examples` refuses counts with its own size.
    """
    with_context = given.example_list_with_context
    copies_bytes = with_context.context.ByteSize() * len(with_context.examples)
    return given.ByteSize() + (copies_bytes if copies_bytes <= MAX_EXAMPLES_BYTES else 0)


def run_on_examples(
    servable: Servable, name: str, batch: Array, outputs: Sequence[str], timeout_seconds: float | None
) -> dict[str, Array]:
    """Compute the named outputs of a signature whose one input is `EXAMPLES_INPUT`.

    Raises:
        InvalidArgumentError: The signature does not take serialised examples.
        ModelServerError: What the engine raises.
    """
    spec = servable.signatures[name].inputs[EXAMPLES_INPUT]
    if spec.dtype != tensor_pb2.DT_STRING:
        raise InvalidArgumentError(
            f"input {EXAMPLES_INPUT}: signature {name} takes {dtype_name(spec.dtype)}, not serialised tf.Examples "
            f"(DT_STRING); use Predict"
        )
    return servable.run(name, {EXAMPLES_INPUT: batch}, outputs, timeout_seconds=timeout_seconds)


def check_examples_signature(
    signature: Signature, task: str, method: str, outputs: Collection[int], wrong_outputs: str
) -> None:
    """Check that a signature does a task on examples; the wording of the errors is TF Serving's.

    Args:
        signature: The model's signature.
        task: `classification` or `regression`.
        method: The method that the signature must have been exported for; "" allows any.
        outputs: How many outputs it may have.
        wrong_outputs: The error if it has another number of outputs.

    Raises:
        InvalidArgumentError: It was exported for another method, or has other inputs or another number of outputs.
    """
    if method and signature.method_name != method:
        raise InvalidArgumentError(
            f"Expected {task} signature method_name to be {method}. Was: {signature.method_name}"
        )
    if len(signature.inputs) != 1:
        raise InvalidArgumentError("Expected one input Tensor.")
    if len(signature.outputs) not in outputs:
        raise InvalidArgumentError(wrong_outputs)
    if EXAMPLES_INPUT not in signature.inputs:
        raise InvalidArgumentError(f"No {task} inputs found in SignatureDef: {signature.to_proto()}")
