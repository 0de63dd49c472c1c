"""A tiny model.tflite with a head, made without TensorFlow: its features are the sums of the window's five seconds."""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tears.audio.constants import WINDOW_SAMPLES
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.version_files import WARM_UP_FILE, write_waveform
from tears.trainer.exporting.decision_layer import append_head

SECONDS = 5
# Numbers that occur nowhere else in the file.
TINY_HEAD = DecisionHead(np.array([0.11, -0.23, 0.37, -0.41, 0.53], np.float32), 0.59, 2.11, -0.29)


def tiny_embed() -> bytes:
    """Return a TFLite file with the signature `embed` alone: waveform [1, 110 250] to features [1, 5]."""
    model = schema.ModelT()
    model.version, model.description = 3, b"tiny"
    model.operatorCodes = [_code(schema.BuiltinOperator.RESHAPE), _code(schema.BuiltinOperator.SUM)]
    shape, axis = np.array([1, SECONDS, WINDOW_SAMPLES // SECONDS], np.int32), np.array([2], np.int32)
    model.buffers = [schema.BufferT(), _buffer(shape), _buffer(axis)]
    graph = schema.SubGraphT()
    graph.name = b"main"
    float32, int32 = schema.TensorType.FLOAT32, schema.TensorType.INT32
    graph.tensors = [
        _tensor("waveform", [1, WINDOW_SAMPLES], float32, 0),
        _tensor("shape", [3], int32, 1),
        _tensor("seconds", shape.tolist(), float32, 0),
        _tensor("axis", [1], int32, 2),
        _tensor("features", [1, SECONDS], float32, 0),
    ]
    graph.operators = [
        _operator(0, [0, 1], 2, schema.BuiltinOptions.ReshapeOptions, schema.ReshapeOptionsT()),
        _operator(1, [2, 3], 4, schema.BuiltinOptions.ReducerOptions, schema.ReducerOptionsT()),
    ]
    graph.inputs, graph.outputs = np.array([0], np.int32), np.array([4], np.int32)
    model.subgraphs = [graph]
    embed = schema.SignatureDefT()
    embed.signatureKey, embed.subgraphIndex = b"embed", 0
    embed.inputs, embed.outputs = [_named("waveform", 0)], [_named("features", 4)]
    model.signatureDefs = [embed]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def tiny_model(head: DecisionHead = TINY_HEAD) -> bytes:
    """Return the same file with a head, whose labels are crying and other."""
    return append_head(tiny_embed(), head, ("crying", "other"))


def tiny_version(folder: Path, head: DecisionHead = TINY_HEAD) -> Path:
    """Write a version with that model, a warm-up file and what belongs to one head alone; return its folder."""
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_bytes(tiny_model(head))
    (folder / "labels.txt").write_text("crying\nother\n")
    write_waveform(folder, WINDOW_SAMPLES, 22_050)
    (folder / WARM_UP_FILE).parent.mkdir()
    (folder / WARM_UP_FILE).write_bytes(b"")
    (folder / "MODEL_CARD.md").write_text("A card.")
    (folder / "saved_model.pb").write_bytes(b"")
    return folder


def _code(operator: int) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = operator
    code.version = 1
    return code


def _buffer(values: Any) -> Any:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    return buffer


def _tensor(name: str, shape: list[int], dtype: int, buffer: int) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), np.array(shape, np.int32), dtype, buffer
    return tensor


def _operator(code: int, inputs: list[int], output: int, options_type: int, options: Any) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex = code
    operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
    operator.builtinOptionsType, operator.builtinOptions = options_type, options
    return operator


def _named(name: str, index: int) -> Any:
    named = schema.TensorMapT()
    named.name, named.tensorIndex = name.encode(), index
    return named
