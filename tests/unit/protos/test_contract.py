"""A window as a model takes it."""

import numpy as np
import pytest

from tears.tfserving.contract import ModelContract
from tears.tfserving.v1 import tensor_pb2

SAMPLES = np.array([-32_768, -1, 0, 32_767], np.int16)


def contract(dtype: tensor_pb2.DataType) -> ModelContract:
    return ModelContract("serving_default", "waveform", dtype, (1, 4), ("crying",))


@pytest.mark.parametrize("samples", [SAMPLES, SAMPLES.astype(">i2")], ids=["native", "big endian"])
def test_a_model_that_takes_int16_gets_the_samples_as_they_are(samples: np.ndarray) -> None:
    assert contract(tensor_pb2.DT_INT16).encode_window(samples) == SAMPLES.astype("<i2").tobytes()


def test_a_model_that_takes_floats_gets_them_between_minus_one_and_one() -> None:
    floats = np.frombuffer(contract(tensor_pb2.DT_FLOAT).encode_window(SAMPLES), "<f4")
    np.testing.assert_array_equal(floats, np.array([-1.0, -(2.0**-15), 0.0, 1 - 2.0**-15], np.float32))
    assert SAMPLES[0] == -32_768, "the samples were changed"
