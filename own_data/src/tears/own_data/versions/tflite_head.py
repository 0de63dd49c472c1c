"""Read and replace the last layer of the decision in a model.tflite, without TensorFlow.

The layer's numbers are the contents of four named tensors. Each has a buffer of its own in the file, so new numbers of
the same size are written over the old ones, and no other byte changes.
"""

import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from tears.own_data.errors import HeadError
from tears.own_data.versions.decision_head import HEAD_PARTS, DecisionHead
from tears.own_data.versions.head_places import HeadPlaces, body_digest
from tears.own_data.versions.version_files import SIGNATURE, TFLITE_FILE

HEAD_TENSORS: Final = {part: f"head/{part}" for part in HEAD_PARTS}

TFLITE_IDENTIFIER: Final = b"TFL3"
_FLOAT_BYTES: Final = 4
_DAMAGE: Final = (struct.error, LookupError, ValueError, TypeError, AttributeError)


def read_head(content: bytes) -> DecisionHead:
    """Return the head in the content of a model.tflite.

    Raises:
        HeadError: It is not a TFLite file, or has no head that can be replaced.
    """
    values = {part: view.view(np.float32).copy() for part, view in _head_bytes(bytearray(content)).items()}
    return DecisionHead(values["weights"], *(values[part].item() for part in HEAD_PARTS[1:]))


def replace_head(content: bytes, head: DecisionHead) -> bytes:
    """Return the content of a model.tflite with another head, and no other byte changed.

    Raises:
        HeadError: It has no head that can be replaced, or the new one is for another number of features.
    """
    patched = bytearray(content)
    parts = _head_bytes(patched)
    features = parts["weights"].size // _FLOAT_BYTES
    if len(head.weights) != features:
        raise HeadError(
            f"the new head has {len(head.weights)} weights, and the model's has {features}: fit it to the features "
            "that the signature embed of this model returns"
        )
    for part, view in parts.items():
        view[:] = np.atleast_1d(np.asarray(getattr(head, part), "<f4")).view(np.uint8)
    return bytes(patched)


def find_head_places(content: bytes) -> HeadPlaces:
    """Return where the head lies in the content of a model.tflite; raises as `read_head` does."""
    copy = bytearray(content)
    parts = _head_bytes(copy)
    start = np.frombuffer(copy, np.uint8).__array_interface__["data"][0]
    offsets = {part: view.__array_interface__["data"][0] - start for part, view in parts.items()}
    features = parts["weights"].size // _FLOAT_BYTES
    return HeadPlaces(offsets, features, body_digest(content, offsets, features))


def _head_bytes(content: bytearray) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the bytes of each part of the head, as views of the content."""
    if content[4:8] != TFLITE_IDENTIFIER:
        raise HeadError(f"this is not a {TFLITE_FILE}: it does not begin as one; export the model again")
    try:
        return _find_parts(schema.Model.GetRootAs(content))
    except _DAMAGE as error:
        raise HeadError(f"this {TFLITE_FILE} is damaged ({error}); export the model again") from error


def _find_parts(model: Any) -> dict[str, npt.NDArray[np.uint8]]:
    signatures = [model.SignatureDefs(k) for k in range(model.SignatureDefsLength())]
    graphs = [entry.SubgraphIndex() for entry in signatures if entry.SignatureKey() == SIGNATURE.encode()]
    subgraphs = [model.Subgraphs(k) for k in range(model.SubgraphsLength())]
    every = [graph.Tensors(k) for graph in subgraphs for k in range(graph.TensorsLength())]
    tensors = [subgraphs[graph].Tensors(k) for graph in graphs[:1] for k in range(subgraphs[graph].TensorsLength())]
    named = {tensor.Name(): tensor for tensor in tensors}
    parts: dict[str, npt.NDArray[np.uint8]] = {}
    for part, name in HEAD_TENSORS.items():
        tensor = named.get(name.encode())
        if tensor is None:
            raise HeadError(
                f"this {TFLITE_FILE} has no tensor {name}, so its head cannot be replaced: take a model that Tears has "
                "exported with the signature embed"
            )
        data = model.Buffers(tensor.Buffer()).DataAsNumpy()
        # The copy of the graph for `serving_int16` has the head too, in the same buffer.
        users = {(user.Name(), user.Type()) for user in every if user.Buffer() == tensor.Buffer()}
        buffers = {user.Buffer() for user in every if user.Name() == name.encode()}
        is_alone = users == {(name.encode(), schema.TensorType.FLOAT32)} and len(buffers) == 1
        # A reader of a buffer without data gives 0.
        size = data.size if isinstance(data, np.ndarray) else 0
        is_whole = size == _FLOAT_BYTES if part != "weights" else size > 0 and size % _FLOAT_BYTES == 0
        if not (is_alone and is_whole):
            raise HeadError(f"the tensor {name} of this {TFLITE_FILE} cannot be replaced; export the model again")
        parts[part] = data
    return parts
