"""The signatures of a TFLite file, each with the graph that computes it on one interpreter."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tears.model_server.engines.servable import Arrays
from tears.model_server.engines.tflite_file import signature_defs_metadata, signature_subgraphs
from tears.model_server.errors import LoadError, one_line
from tears.model_server.wire.dtypes import data_type_of
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.signatures import DEFAULT_SIGNATURE, PREDICT_METHOD
from tears.tfserving.v1 import metadata_pb2

# The interpreter's description of one tensor, and such descriptions by the tensors' names.
TensorDetail = Mapping[str, Any]
Tensors = Mapping[str, TensorDetail]

# The interpreter's message when it is asked for an empty output, for which no memory was allocated.
_IS_EMPTY: Final = "Invalid tensor size."


class Graph(Protocol):
    """One signature on one interpreter, for one thread at a time."""

    signature: Signature

    def run(self, inputs: Arrays, outputs: Sequence[str]) -> dict[str, Array]:
        """Compute the named outputs.

        Raises:
            ValueError, RuntimeError, MemoryError: The interpreter failed.
        """


def open_graphs(content: bytes, threads: int) -> dict[str, Graph]:
    """Return the graphs of a new interpreter, by the names of their signatures.

    The signatures stand in a table of the file or, in older files, in a metadata buffer that the interpreter's own list
    does not show. As in TF Serving, a file with neither has one signature, `serving_default`, which uses the tensors'
    names.

    Raises:
        LoadError: LiteRT cannot read the file, a tensor has a dtype that TF Serving's API cannot carry, or the metadata
            cannot be read or names a tensor that does not exist.
    """
    try:
        interpreter = Interpreter(model_content=content, num_threads=threads)
        subgraphs = signature_subgraphs(content)
        graphs: dict[str, Graph] = {
            name: _SignatureGraph(interpreter, interpreter.get_signature_runner(name), subgraphs[name])
            for name in interpreter.get_signature_list()
        }
        input_details = {detail["name"]: detail for detail in interpreter.get_input_details()}
        output_details = {detail["name"]: detail for detail in interpreter.get_output_details()}
        for name, definition in signature_defs_metadata(content).items():
            inputs = {alias: _find(name, info, input_details) for alias, info in definition.inputs.items()}
            outputs = {alias: _find(name, info, output_details) for alias, info in definition.outputs.items()}
            graphs[name] = _PrimaryGraph(interpreter, inputs, outputs, definition.method_name or PREDICT_METHOD)
        return graphs or {
            DEFAULT_SIGNATURE: _PrimaryGraph(
                interpreter, _without_numbers(input_details), _without_numbers(output_details)
            )
        }
    except (ValueError, RuntimeError, TypeError, MemoryError) as error:
        raise LoadError(f"LiteRT cannot run it: {one_line(error)}") from error


class _SignatureGraph:
    """A signature of the file's table, which the interpreter itself can run."""

    def __init__(self, interpreter: Interpreter, runner: Any, subgraph: int) -> None:
        self._interpreter = interpreter
        self._runner = runner
        self._subgraph = subgraph
        self.signature = Signature(
            {alias: _spec(detail) for alias, detail in runner.get_input_details().items()},
            {alias: _spec(detail) for alias, detail in runner.get_output_details().items()},
            takes_tensor_names=True,
        )

    def run(self, inputs: Arrays, outputs: Sequence[str]) -> dict[str, Array]:
        try:
            results: dict[str, Array] = self._runner(**inputs)
        except ValueError as error:
            if str(error) != _IS_EMPTY:
                raise
            # The runner has computed all outputs, and fails to return them because one of them is empty.
            details = self._runner.get_output_details()
            return {alias: _read(self._interpreter, details[alias]["index"], self._subgraph) for alias in outputs}
        return {alias: _array(results[alias]) for alias in outputs}


class _PrimaryGraph:
    """The file's first graph, its tensors called by the names that an older signature or the file itself gives them."""

    def __init__(
        self, interpreter: Interpreter, inputs: Tensors, outputs: Tensors, method_name: str = PREDICT_METHOD
    ) -> None:
        self._interpreter = interpreter
        self._inputs = inputs
        self._outputs = outputs
        self.signature = Signature(
            {alias: _spec(detail) for alias, detail in inputs.items()},
            {alias: _spec(detail) for alias, detail in outputs.items()},
            method_name,
        )

    def run(self, inputs: Arrays, outputs: Sequence[str]) -> dict[str, Array]:
        # Both calls cost nothing if no shape has changed. An interpreter that has refused another shape works again
        # only after both of them.
        for alias, array in inputs.items():
            self._interpreter.resize_tensor_input(self._inputs[alias]["index"], array.shape)
        self._interpreter.allocate_tensors()
        for alias, array in inputs.items():
            self._interpreter.set_tensor(self._inputs[alias]["index"], array)
        self._interpreter.invoke()
        return {alias: _read(self._interpreter, self._outputs[alias]["index"]) for alias in outputs}


def _array(value: Any) -> Array:
    """Return an array; for a scalar the interpreter gives a number or bytes."""
    return np.asarray(value, object) if isinstance(value, bytes) else np.asarray(value)


def _read(interpreter: Interpreter, index: int, subgraph: int = 0) -> Array:
    """Return an output after a run; it may be empty."""
    try:
        return _array(interpreter.get_tensor(index, subgraph))
    except ValueError as error:
        if str(error) != _IS_EMPTY:
            raise
        (detail,) = (detail for detail in interpreter.get_tensor_details(subgraph) if detail["index"] == index)
        if 0 not in detail["shape"]:
            raise
        return np.zeros(detail["shape"], detail["dtype"])


def _find(signature_name: str, info: metadata_pb2.TensorInfo, tensors: Tensors) -> TensorDetail:
    """Return the tensor that an older signature means; the converters of that time left out the output's number."""
    for name in (info.name, info.name.partition(":")[0]):
        if name in tensors:
            return tensors[name]
    raise LoadError(f"signature {signature_name} names the tensor {info.name}, which is not one of {sorted(tensors)}")


def _without_numbers(tensors: Tensors) -> Tensors:
    """Return the tensors without the output numbers in their names, if the names stay unique."""
    short = {name.partition(":")[0]: detail for name, detail in tensors.items()}
    return short if len(short) == len(tensors) else tensors


def _spec(detail: TensorDetail) -> TensorSpec:
    try:
        dtype = data_type_of(detail["dtype"])
    except KeyError:
        name = np.dtype(detail["dtype"]).name
        raise LoadError(f"tensor {detail['name']} has dtype {name}, which cannot be served") from None
    shape = tuple(map(int, detail["shape_signature"]))
    return TensorSpec(detail["name"], dtype, shape)
