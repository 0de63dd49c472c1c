"""What a TFLite file can be asked: its signatures, each with the graph that answers it on one interpreter."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tears.model_server.engines.tflite_metadata import signature_defs_metadata
from tears.model_server.errors import LoadError
from tears.model_server.wire.dtypes import data_type_of
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.signatures import DEFAULT_SIGNATURE
from tears.tfserving.v1 import metadata_pb2

logger = logging.getLogger(__name__)

# An interpreter's account of one tensor.
Detail = Mapping[str, Any]

# What the interpreter says when asked for an output that turned out empty, whose memory was never allocated.
_IS_EMPTY: Final = "Invalid tensor size."


class Graph(Protocol):
    """One signature on one interpreter; for one thread at a time."""

    @property
    def signature(self) -> Signature:
        """What it takes and gives."""

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> dict[str, Array]:
        """Computes the named outputs.

        Raises:
            ValueError, RuntimeError, MemoryError: The interpreter could not.
        """


def open_graphs(content: bytes, threads: int) -> dict[str, Graph]:
    """A new interpreter's graphs by the names of their signatures.

    Signatures stand in the file's table of them, or, in older files, in a metadata buffer, which the interpreter's
    own list does not show. A file with neither has one, `serving_default`, made of its tensors' names, as in TF
    Serving.

    Raises:
        LoadError: LiteRT cannot read the file, a tensor has a dtype that TF Serving's API cannot carry, or the
            metadata cannot be read or names a tensor that is not there.
    """
    try:
        interpreter = Interpreter(model_content=content, num_threads=threads)
        graphs: dict[str, Graph] = {
            name: _SignatureGraph(interpreter, interpreter.get_signature_runner(name))
            for name in interpreter.get_signature_list()
        }
        older = signature_defs_metadata(content)
        tensors = _PrimaryTensors(interpreter)
        for name, definition in older.items():
            graphs[name] = tensors.graph_of(name, definition)
        return graphs or {DEFAULT_SIGNATURE: tensors.graph_without_signature()}
    except (ValueError, RuntimeError, TypeError, MemoryError) as error:
        raise LoadError(f"LiteRT cannot run it: {one_line(str(error))}") from error


class _SignatureGraph:
    """A signature of the file's table, which the interpreter itself knows how to run."""

    def __init__(self, interpreter: Interpreter, runner: Any) -> None:
        self._interpreter = interpreter
        self._runner = runner
        self.signature = Signature(
            {alias: _spec(detail) for alias, detail in runner.get_input_details().items()},
            {alias: _spec(detail) for alias, detail in runner.get_output_details().items()},
        )

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> dict[str, Array]:
        try:
            results: dict[str, Array] = self._runner(**inputs)
        except ValueError as error:
            if str(error) != _IS_EMPTY:
                raise
            return self._read_one_by_one(outputs)
        return {alias: _array(results[alias]) for alias in outputs}

    def _read_one_by_one(self, outputs: Sequence[str]) -> dict[str, Array]:
        """What the runner has computed and would not give, because one of its outputs is empty."""
        details = self._runner.get_output_details()
        subgraph = self._runner._subgraph_index  # noqa: SLF001 - nothing public tells it
        return {alias: _read(self._interpreter, details[alias]["index"], subgraph) for alias in outputs}


class _PrimaryGraph:
    """The file's first graph, its tensors called by the names that an older signature gives them."""

    def __init__(
        self, interpreter: Interpreter, signature: Signature, inputs: Mapping[str, int], outputs: Mapping[str, int]
    ) -> None:
        self.signature = signature
        self._interpreter = interpreter
        self._inputs = inputs
        self._outputs = outputs

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> dict[str, Array]:
        # Both are no work where nothing has changed, and only both together put an interpreter right again that has
        # refused another shape.
        for alias, array in inputs.items():
            self._interpreter.resize_tensor_input(self._inputs[alias], array.shape)
        self._interpreter.allocate_tensors()
        for alias, array in inputs.items():
            self._interpreter.set_tensor(self._inputs[alias], array)
        self._interpreter.invoke()
        return {alias: _read(self._interpreter, self._outputs[alias]) for alias in outputs}


class _PrimaryTensors:
    """The inputs and outputs of the file's first graph, by name."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._inputs = {detail["name"]: detail for detail in interpreter.get_input_details()}
        self._outputs = {detail["name"]: detail for detail in interpreter.get_output_details()}

    def graph_of(self, name: str, definition: metadata_pb2.SignatureDef) -> Graph:
        """The graph of a signature in the metadata buffer; its shapes are what the exporter wrote down."""
        inputs = {alias: _find(name, info, self._inputs) for alias, info in definition.inputs.items()}
        outputs = {alias: _find(name, info, self._outputs) for alias, info in definition.outputs.items()}
        return self._graph(inputs, outputs, definition.method_name)

    def graph_without_signature(self) -> Graph:
        """The graph as it is, its tensors by their own names less the output number, where that leaves no doubt."""
        return self._graph(_without_numbers(self._inputs), _without_numbers(self._outputs))

    def _graph(self, inputs: Mapping[str, Detail], outputs: Mapping[str, Detail], method_name: str = "") -> Graph:
        # Files of this age cannot say which sizes are open. TF Serving tries whatever shape comes, and so do we.
        taken = {alias: _spec(detail, binds_shape=False) for alias, detail in inputs.items()}
        given = {alias: _spec(detail) for alias, detail in outputs.items()}
        signature = Signature(taken, given, method_name) if method_name else Signature(taken, given)
        return _PrimaryGraph(self._interpreter, signature, _indices(inputs), _indices(outputs))


def one_line(text: str) -> str:
    """A message without its line ends."""
    return " ".join(text.split())


def _array(value: Any) -> Array:
    """What the interpreter gives, which for a scalar is no array but a number, or bytes."""
    return np.asarray(value, object) if isinstance(value, bytes) else np.asarray(value)


def _read(interpreter: Interpreter, index: int, subgraph: int = 0) -> Array:
    """An output after a run, which may be empty."""
    try:
        return _array(interpreter.get_tensor(index, subgraph))
    except ValueError as error:
        if str(error) != _IS_EMPTY:
            raise
        (detail,) = (detail for detail in interpreter.get_tensor_details(subgraph) if detail["index"] == index)
        if 0 not in detail["shape"]:
            raise
        return np.zeros(detail["shape"], detail["dtype"])


def _find(signature_name: str, info: metadata_pb2.TensorInfo, tensors: Mapping[str, Detail]) -> Detail:
    """The tensor that an older signature means; the converters of that time left out the output's number."""
    for name in (info.name, info.name.partition(":")[0]):
        if name in tensors:
            return tensors[name]
    raise LoadError(f"signature {signature_name} names the tensor {info.name}, which is none of {sorted(tensors)}")


def _without_numbers(tensors: Mapping[str, Detail]) -> dict[str, Detail]:
    short = [name.partition(":")[0] for name in tensors]
    if len(set(short)) < len(short):
        return dict(tensors)
    return dict(zip(short, tensors.values(), strict=True))


def _indices(details: Mapping[str, Detail]) -> dict[str, int]:
    return {alias: detail["index"] for alias, detail in details.items()}


def _spec(detail: Detail, *, binds_shape: bool = True) -> TensorSpec:
    try:
        dtype = data_type_of(detail["dtype"])
    except KeyError:
        name = np.dtype(detail["dtype"]).name
        raise LoadError(f"tensor {detail['name']} has dtype {name}, which cannot be served") from None
    return TensorSpec(detail["name"], dtype, _sizes(detail["shape_signature"]), binds_shape=binds_shape)


def _sizes(shape: Iterable[int]) -> tuple[int, ...]:
    return tuple(int(size) for size in shape)
