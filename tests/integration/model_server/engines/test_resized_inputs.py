"""Other shapes than those that a TFLite file describes."""

from pathlib import Path

import numpy as np
import pytest

from tears.model_server.engines.litert import LiteRTServable, load_tflite
from tears.model_server.errors import InvalidArgumentError


def load(folder: Path) -> LiteRTServable:
    return load_tflite(folder, interpreters=1, threads=1)


@pytest.mark.parametrize("shape", [(1,), (2, 2), (), (3, 1, 2)])
def test_a_fixed_input_is_resized_where_the_graph_can(zoo: Path, shape: tuple[int, ...]) -> None:
    servable = load(zoo / "sum" / "1")
    assert servable.signatures["serving_default"].inputs["a"].shape == (2,)
    for sent in (shape, (2,)):
        arrays = {"a": np.full(sent, 2, np.float32), "b": np.full(sent, 3, np.float32)}
        total = servable.run("serving_default", arrays, ["sum"])["sum"]
        np.testing.assert_array_equal(total, np.full(sent, 5, np.float32), strict=True)


def test_a_shape_that_the_graph_refuses_is_an_invalid_argument_and_does_no_harm(zoo: Path) -> None:
    servable = load(zoo / "sum" / "1")
    with pytest.raises(InvalidArgumentError, match=r"input a has shape \[3\], the model \[2\]: "):
        servable.run("serving_default", {"a": np.ones(3, np.float32), "b": np.ones(2, np.float32)}, ["sum"])
    two = {"a": np.ones(2, np.float32), "b": np.ones(2, np.float32)}
    assert servable.run("serving_default", two, ["sum"])["sum"].tolist() == [2.0, 2.0]
