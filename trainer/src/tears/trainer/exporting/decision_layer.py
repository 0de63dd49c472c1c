"""Append the last layer of the decision to a TFLite file whose graph ends with the features.

The converter would merge the layer's constants with equal ones, fold them into others or store them in eight bits. So
the layer is not converted but added to the file, with named tensors that `own_data.versions.tflite_head` can replace.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.tflite_head import HEAD_TENSORS
from tears.own_data.versions.version_files import EMBED_SIGNATURE, FEATURES, SIGNATURE
from tears.trainer.exporting.tflite_graph import (
    EditedGraph,
    make_signature,
    read_model,
    signature_of,
    tensors_of,
    write_model,
)

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
    model = read_model(content)
    embed = signature_of(model, EMBED_SIGNATURE)
    graph = EditedGraph(model, model.subgraphs[embed.subgraphIndex])
    features = tensors_of(embed.outputs)[FEATURES]
    constants = {part: graph.constant(name, getattr(head, part)) for part, name in HEAD_TENSORS.items()}

    def computed(name: str, code: int, inputs: Sequence[int], options: Any = None) -> int:
        """Add an operation with one output, float32 [1, 1]; return the output's tensor."""
        output = graph.tensor(name, [1, 1])
        graph.operation(code, inputs, [output], options)
        return output

    weighted = [features, constants["weights"], constants["bias"]]
    logit = computed("head/logit", _OP.FULLY_CONNECTED, weighted, schema.FullyConnectedOptionsT())
    scaled = computed("head/scaled", _OP.MUL, [logit, constants["scale"]], schema.MulOptionsT())
    calibrated = computed("head/calibrated", _OP.ADD, [scaled, constants["offset"]], schema.AddOptionsT())
    other = computed("head/other", _OP.NEG, [calibrated], schema.NegOptionsT())
    outputs = [computed(f"head/score_{k}", _OP.LOGISTIC, [one]) for k, one in enumerate((calibrated, other))]
    graph.subgraph.outputs = np.concatenate([graph.subgraph.outputs, np.array(outputs, np.int32)])
    scores = make_signature(
        SIGNATURE, embed.subgraphIndex, tensors_of(embed.inputs), dict(zip(labels, outputs, strict=True))
    )
    model.signatureDefs = [scores, embed]
    return write_model(model)
