"""Put a cast before the shipped model: the same graph, with requests of half the size."""

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder

from tears.audio.constants import FULL_SCALE


def write_int16_twin(source: Path, target: Path) -> None:
    """Write `source`, a model with one float32 input, as a model that takes int16."""
    model = schema.ModelT.InitFromPackedBuf(bytearray(source.read_bytes()), 0)
    graph = model.subgraphs[0]
    (float_input,) = (int(number) for number in graph.inputs)
    shape = graph.tensors[float_input].shape
    int16_input = _add_tensor(graph, b"waveform_int16", schema.TensorType.INT16, shape, buffer=0)
    unscaled = _add_tensor(graph, b"waveform_unscaled", schema.TensorType.FLOAT32, shape, buffer=0)
    factor = schema.BufferT()
    factor.data = list(np.array([1 / FULL_SCALE], "<f4").tobytes())
    model.buffers.append(factor)
    scale = _add_tensor(graph, b"scale", schema.TensorType.FLOAT32, [1], buffer=len(model.buffers) - 1)
    cast = _operator(model, schema.BuiltinOperator.CAST, [int16_input], unscaled)
    multiply = _operator(model, schema.BuiltinOperator.MUL, [unscaled, scale], float_input)
    multiply.builtinOptionsType = schema.BuiltinOptions.MulOptions
    multiply.builtinOptions = schema.MulOptionsT()
    graph.operators = [cast, multiply, *graph.operators]
    graph.inputs = [int16_input]
    for signature in model.signatureDefs:
        for entry in signature.inputs:
            entry.tensorIndex = int16_input
    builder = Builder(1 << 21)
    builder.Finish(model.Pack(builder), b"TFL3")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(builder.Output())


def _add_tensor(graph: Any, name: bytes, dtype: int, shape: Any, *, buffer: int) -> int:
    """Add a tensor and return its number."""
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.shape, tensor.buffer = name, dtype, list(shape), buffer
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _operator(model: Any, code: int, inputs: list[int], output: int) -> Any:
    known = schema.OperatorCodeT()
    known.builtinCode = known.deprecatedBuiltinCode = code
    known.version = 1
    model.operatorCodes.append(known)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = inputs, [output]
    return operator
