"""An engine that takes serialised tf.Examples, with outputs that the test decides."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tears.model_server.catalog.catalog import Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.signatures import CLASSIFY_METHOD, PREDICT_METHOD, REGRESS_METHOD
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.example_pb2 import Example

EXAMPLES = TensorSpec("input_example:0", tensor_pb2.DT_STRING, (-1,))
LABELS = TensorSpec("labels:0", tensor_pb2.DT_STRING, (-1, -1))
FLOATS = TensorSpec("floats:0", tensor_pb2.DT_FLOAT, (-1, -1))
WAVEFORM = TensorSpec("waveform:0", tensor_pb2.DT_FLOAT, (-1, 4))


def feature_x(serialized: bytes) -> float:
    """Return the first number of an example's feature x."""
    return Example.FromString(serialized).features.feature["x"].float_list.value[0]


def example(**features: float) -> Example:
    """Return an example with one number for each feature."""
    return Example(features={"feature": {name: {"float_list": {"value": [value]}} for name, value in features.items()}})


class ExampleServable:
    """Scores are x and 1 - x; the value to regress is x / 2 + 2."""

    def __init__(self) -> None:
        self.signatures: dict[str, Signature] = {
            "serving_default": Signature({"inputs": EXAMPLES}, {"classes": LABELS, "scores": FLOATS}, CLASSIFY_METHOD),
            "scores": Signature({"inputs": EXAMPLES}, {"scores": FLOATS}, PREDICT_METHOD),
            "classes": Signature({"inputs": EXAMPLES}, {"classes": LABELS, "other": FLOATS}, CLASSIFY_METHOD),
            "regress": Signature({"inputs": EXAMPLES}, {"outputs": FLOATS}, REGRESS_METHOD),
            "waveform": Signature({"inputs": WAVEFORM}, {"outputs": FLOATS}, REGRESS_METHOD),
            "one": Signature({"inputs": TensorSpec("i:0", tensor_pb2.DT_STRING, (1,))}, {"outputs": FLOATS}),
            "misnamed": Signature({"x": EXAMPLES}, {"y": FLOATS}),
            "two_inputs": Signature({"inputs": EXAMPLES, "b": EXAMPLES}, {"outputs": FLOATS, "scores": FLOATS}),
            "three_outputs": Signature({"inputs": EXAMPLES}, {"classes": LABELS, "scores": FLOATS, "z": FLOATS}),
            "nameless": Signature({"inputs": EXAMPLES}, {"y": FLOATS}),
        }
        # Outputs that the next runs return instead of the computed ones.
        self.replaced: dict[str, Any] = {}
        self.runs: list[str] = []

    def run(
        self,
        signature_name: str,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        *,
        timeout_seconds: float | None = None,
    ) -> dict[str, Array]:
        del timeout_seconds
        self.runs.append(signature_name)
        x = np.array([feature_x(serialized) for serialized in inputs["inputs"]], np.float32)
        computed = {
            "classes": np.array([[b"crying", b"noise"]] * len(x), object),
            "scores": np.stack([x, 1 - x], axis=1),
            "outputs": x / 2 + 2,
        }
        return {name: {**computed, **self.replaced}[name] for name in outputs}

    def close(self) -> None:
        """Do nothing."""


def catalog_of(servable: ExampleServable, folder: Path) -> Catalog:
    """Return a catalog that serves it as version 5 of `m`."""
    (folder / "5").mkdir()
    model = Model("m", folder, lambda _: servable)
    model.poll()
    return Catalog({"m": model})
