"""A version is also checked by the signature that the pipeline uses."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.places import SHIPPED_VERSION

from tears.cli.errors import InputError
from tears.cli.models.model_check import check_model
from tears.trainer.exporting.tflite_graph import read_model, signature_of, write_model


def another_factor(model: Any) -> None:
    """Let the model divide integers by twice as much."""
    _set_factor(model, np.float32(2**-16))


def nan(model: Any) -> None:
    """Let the model make NaN of integers."""
    _set_factor(model, np.float32(np.nan))


def _set_factor(model: Any, value: np.float32) -> None:
    graph = model.subgraphs[signature_of(model, "serving_int16").subgraphIndex]
    [factor] = [tensor for tensor in graph.tensors if tensor.name == b"one / full scale"]
    model.buffers[factor.buffer].data = np.frombuffer(value.tobytes(), np.uint8)


def another_label(model: Any) -> None:
    """Name an output of the model's integers in another way."""
    signature_of(model, "serving_int16").outputs[0].name = b"weeping"


def floats_again(model: Any) -> None:
    """Let the signature take floats."""
    usual, of_int16 = (signature_of(model, name) for name in ("serving_default", "serving_int16"))
    of_int16.subgraphIndex, of_int16.inputs, of_int16.outputs = usual.subgraphIndex, usual.inputs, usual.outputs


def changed(folder: Path, change: Callable[[Any], None]) -> Path:
    """Return a copy of the shipped version with a changed model."""
    version = shutil.copytree(SHIPPED_VERSION, folder / "1")
    path = version / "model.tflite"
    model = read_model(path.read_bytes())
    change(model)
    path.write_bytes(write_model(model))
    return version


def test_the_shipped_version_can_be_used() -> None:
    assert check_model(SHIPPED_VERSION, "crying")[0] == ("crying", "other")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (another_factor, "gives other scores for .* as int16"),
        (nan, "gives other scores for .* as int16"),
        (another_label, "gives other, weeping by its signature serving_int16, and crying, other by"),
        (floats_again, "does not take int16"),
    ],
)
def test_a_version_that_judges_integers_otherwise_is_refused(
    tmp_path: Path, change: Callable[[Any], None], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        check_model(changed(tmp_path, change), "crying")
