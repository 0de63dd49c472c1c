"""Append the last layer of the decision to a TFLite file whose graph ends with the features.

The converter would merge the layer's constants with equal ones, fold them into others or store them in eight bits. So
the layer is not converted but added to the file, with named tensors that `own_data.versions.tflite_head` can replace.
"""

from collections.abc import Sequence
from typing import Any, Final

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.tflite_head import HEAD_TENSORS, TFLITE_IDENTIFIER
from tears.own_data.versions.version_files import EMBED_SIGNATURE, FEATURES, SIGNATURE

_LARGEST_OLD_CODE: Final = 127
_OP: Final = schema.BuiltinOperator


def append_head(content: bytes, head: DecisionHead, labels: Sequence[str]) -> bytes:
    """Return a TFLite file that answers with scores too.

    Both signatures use the same graph, so that a server which answers both needs no more memory than for one.

    Args:
        content: A file with one signature, `embed`, whose output `features` is float32 [1, F].
        head: The last layer, for F features.
        labels: Two: that of crying, and that of everything else. They name the outputs of `serving_default`, each
            float32 [1, 1].
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    [embed] = [one for one in model.signatureDefs if one.signatureKey == EMBED_SIGNATURE.encode()]
    graph = _Graph(model, model.subgraphs[embed.subgraphIndex])
    [features] = [one.tensorIndex for one in embed.outputs if one.name == FEATURES.encode()]
    constants = {part: graph.constant(name, getattr(head, part)) for part, name in HEAD_TENSORS.items()}
    weighted = [features, constants["weights"], constants["bias"]]
    logit = graph.operation("head/logit", _OP.FULLY_CONNECTED, weighted, schema.FullyConnectedOptionsT())
    scaled = graph.operation("head/scaled", _OP.MUL, [logit, constants["scale"]], schema.MulOptionsT())
    calibrated = graph.operation("head/calibrated", _OP.ADD, [scaled, constants["offset"]], schema.AddOptionsT())
    other = graph.operation("head/other", _OP.NEG, [calibrated], schema.NegOptionsT())
    outputs = [
        graph.operation(f"head/score_{k}", _OP.LOGISTIC, [one], None) for k, one in enumerate((calibrated, other))
    ]
    graph.subgraph.outputs = np.concatenate([graph.subgraph.outputs, np.array(outputs, np.int32)])
    scores = schema.SignatureDefT()
    scores.signatureKey, scores.subgraphIndex, scores.inputs = SIGNATURE.encode(), embed.subgraphIndex, embed.inputs
    scores.outputs = [_tensor_map(label, index) for label, index in zip(labels, outputs, strict=True)]
    model.signatureDefs = [scores, embed]
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=TFLITE_IDENTIFIER)
    return bytes(builder.Output())


class _Graph:
    """A graph of a TFLite file to which constants and operations are added."""

    def __init__(self, model: Any, subgraph: Any) -> None:
        self._model = model
        self.subgraph = subgraph

    def constant(self, name: str, values: Any) -> int:
        """Add a constant, [1, F] for a vector and [1] for a number, in a buffer of its own; return its tensor."""
        array = np.asarray(values, "<f4")
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(array.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._tensor(name, [1, len(array)] if array.ndim else [1], len(self._model.buffers) - 1)

    def operation(self, name: str, code: int, inputs: Sequence[int], options: Any) -> int:
        """Add a built-in operation with one output, float32 [1, 1]; return the output's tensor."""
        output = self._tensor(name, [1, 1], 0)  # by convention the first buffer is empty
        operation = schema.OperatorT()
        operation.opcodeIndex = self._code_index(code)
        operation.inputs, operation.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        if options is not None:
            name_of_options = type(options).__name__.removesuffix("T")
            operation.builtinOptionsType = getattr(schema.BuiltinOptions, name_of_options)
            operation.builtinOptions = options
        self.subgraph.operators.append(operation)
        return output

    def _tensor(self, name: str, shape: Sequence[int], buffer: int) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name.encode(), np.array(shape, np.int32), buffer
        tensor.type = schema.TensorType.FLOAT32
        self.subgraph.tensors.append(tensor)
        return len(self.subgraph.tensors) - 1

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
