"""Add constants, operations and signatures to the graphs of a TFLite file. Needs no TensorFlow."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tears.own_data.versions.tflite_head import TFLITE_IDENTIFIER

_LARGEST_OLD_CODE: Final = 127
# By convention the first buffer is empty, for tensors that are computed.
_NO_BUFFER: Final = 0
_TENSOR_TYPES: Final = {
    np.dtype("<f4"): schema.TensorType.FLOAT32,
    np.dtype("<i2"): schema.TensorType.INT16,
}


def read_model(content: bytes) -> Any:
    """Return a TFLite file as objects that can be changed."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))


def write_model(model: Any) -> bytes:
    """Return the content of a file for such objects."""
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), file_identifier=TFLITE_IDENTIFIER)
    return bytes(builder.Output())


def signature_of(model: Any, name: str) -> Any:
    """Return the signature of a name, which the model has."""
    [found] = [signature for signature in model.signatureDefs if signature.signatureKey == name.encode()]
    return found


def make_signature(name: str, subgraph: int, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> Any:
    """Return a signature, whose inputs and outputs are tensors of a subgraph by their names."""
    made = schema.SignatureDefT()
    made.signatureKey, made.subgraphIndex = name.encode(), subgraph
    made.inputs, made.outputs = (
        [_tensor_map(alias, index) for alias, index in tensors.items()] for tensors in (inputs, outputs)
    )
    return made


def tensors_of(maps: Sequence[Any]) -> dict[str, int]:
    """Return the tensors of a signature's inputs or outputs by their names."""
    return {entry.name.decode(): int(entry.tensorIndex) for entry in maps}


class EditedGraph:
    """A graph of a TFLite file to which constants and operations are added."""

    def __init__(self, model: Any, subgraph: Any) -> None:
        self._model = model
        self.subgraph = subgraph

    def constant(self, name: str, values: Any) -> int:
        """Add a constant, float32 [1, F] or [1] for a number, in a buffer of its own; return its tensor."""
        array = np.asarray(values, "<f4")
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(array.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        shape = [1, len(array)] if array.ndim else [1]
        return self.tensor(name, shape, buffer=len(self._model.buffers) - 1)

    def tensor(self, name: str, shape: Sequence[int], dtype: str = "<f4", buffer: int = _NO_BUFFER) -> int:
        """Add a tensor; return its number."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name.encode(), np.array(shape, np.int32), buffer
        tensor.type = _TENSOR_TYPES[np.dtype(dtype)]
        self.subgraph.tensors.append(tensor)
        return len(self.subgraph.tensors) - 1

    def operation(self, code: int, inputs: Sequence[int], outputs: Sequence[int], options: Any = None) -> None:
        """Add a built-in operation, whose options have the name that the schema gives them."""
        operation = schema.OperatorT()
        operation.opcodeIndex = self._code_index(code)
        operation.inputs, operation.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        if options is not None:
            name_of_options = type(options).__name__.removesuffix("T")
            operation.builtinOptionsType = getattr(schema.BuiltinOptions, name_of_options)
            operation.builtinOptions = options
        self.subgraph.operators.append(operation)

    def _code_index(self, code: int) -> int:
        codes = self._model.operatorCodes
        for index, known in enumerate(codes):
            if (known.builtinCode, known.version) == (code, 1):
                return index
        added = schema.OperatorCodeT()
        # Old readers know only the field for codes up to 127.
        added.builtinCode, added.deprecatedBuiltinCode = code, min(code, _LARGEST_OLD_CODE)
        added.version = 1
        codes.append(added)
        return len(codes) - 1


def _tensor_map(name: str, index: int) -> Any:
    mapped = schema.TensorMapT()
    mapped.name, mapped.tensorIndex = name.encode(), index
    return mapped
