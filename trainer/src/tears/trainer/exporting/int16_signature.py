"""Add a signature that takes the waveform as int16, which is half as many bytes to send as float32.

Dividing by full scale is exact in float32, so the scores are the same to the last bit.
"""

import copy

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tears.audio.constants import FULL_SCALE
from tears.own_data.versions.version_files import INT16_SIGNATURE, SIGNATURE
from tears.trainer.exporting.tflite_graph import (
    EditedGraph,
    make_signature,
    read_model,
    signature_of,
    tensors_of,
    write_model,
)


def append_int16_signature(content: bytes) -> bytes:
    """Return a TFLite file that also has `serving_int16`: int16 in, and the scores of `serving_default` out.

    It has a copy of the graph, which uses the same weights in the file, and divides first. For the cry model the copy
    needs 3 MiB in each interpreter. A graph that divides and hands over to the other one, as the branch of an `IF`,
    would need less memory, but 8 % more time.

    Args:
        content: A file whose signature `serving_default` has one input, float32 [1, samples] in [-1, 1).
    """
    model = read_model(content)
    scores = signature_of(model, SIGNATURE)
    graph = EditedGraph(model, copy.deepcopy(model.subgraphs[scores.subgraphIndex]))
    graph.subgraph.name = INT16_SIGNATURE.encode()
    ((name, floats),) = tensors_of(scores.inputs).items()
    shape = graph.subgraph.tensors[floats].shape
    waveform, undivided = graph.tensor(INT16_SIGNATURE, shape, "<i2"), graph.tensor("undivided", shape)
    cast, inner = schema.CastOptionsT(), graph.subgraph.operators
    cast.inDataType, cast.outDataType = schema.TensorType.INT16, schema.TensorType.FLOAT32
    graph.subgraph.operators = []
    graph.operation(schema.BuiltinOperator.CAST, [waveform], [undivided], cast)
    factor = graph.constant("one / full scale", 1 / FULL_SCALE)
    graph.operation(schema.BuiltinOperator.MUL, [undivided, factor], [floats], schema.MulOptionsT())
    graph.subgraph.operators += inner
    graph.subgraph.inputs = np.array([waveform], np.int32)
    model.subgraphs.append(graph.subgraph)
    number = len(model.subgraphs) - 1
    model.signatureDefs.append(make_signature(INT16_SIGNATURE, number, {name: waveform}, tensors_of(scores.outputs)))
    return write_model(model)
