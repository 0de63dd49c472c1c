"""The front end inside the shipped model's architecture gives the spectrograms of the reference in numpy."""

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import WINDOW_SAMPLES
from tears.trainer.exporting.comparison import named_windows
from tears.trainer.exporting.export import to_tflite
from tears.trainer.frontend import log_mel
from tears.trainer.speech_commands.architectures.nursery import LogMel

# Between the harmonics of a loud tone there are only rounding errors and the floor.
TOLERANCES = {"tone": 0.01, "hum": 0.01}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the front end alone as a file of eight bits, the most that a conversion can spoil."""
    folder = tmp_path_factory.mktemp("front-end")
    archive, front_end = tf.keras.export.ExportArchive(), LogMel()
    waveform = tf.TensorSpec((1, WINDOW_SAMPLES), tf.float32, name="waveform")
    archive.add_endpoint("serving_default", lambda waveform: {"bands": front_end(waveform)}, input_signature=[waveform])
    archive.write_out(str(folder), verbose=False)
    return to_tflite(folder, quantize=True)


@pytest.fixture(scope="module")
def converted(content: bytes) -> Interpreter:
    """Return an interpreter of that file."""
    return Interpreter(model_content=content, num_threads=1)


@pytest.mark.parametrize(("name", "window"), named_windows().items(), ids=named_windows())
def test_a_converted_front_end_equals_the_reference(
    name: str, window: npt.NDArray[np.float32], converted: Interpreter
) -> None:
    bands = converted.get_signature_runner()(waveform=window[np.newaxis])["bands"][0]

    np.testing.assert_allclose(bands, log_mel(window), atol=TOLERANCES.get(name, 1e-3), rtol=0)


def test_several_windows_at_once_have_the_same_spectrograms_as_each_alone() -> None:
    windows = np.stack(list(named_windows().values()))

    together = LogMel()(windows).numpy()

    for window, bands in zip(windows, together, strict=True):
        np.testing.assert_allclose(bands, log_mel(window), atol=0.01, rtol=0)


def test_the_transform_needs_neither_litert_s_own_nor_a_constant_of_eight_bits(converted: Interpreter) -> None:
    assert "RFFT2D" not in {operation["op_name"] for operation in converted._get_ops_details()}
    assert np.int8 not in {detail["dtype"] for detail in converted.get_tensor_details()}


def test_the_transform_can_be_differentiated_so_that_an_exported_model_can_be_trained_further() -> None:
    waveform = tf.constant(named_windows()["hiss"][np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(waveform)
        total = tf.reduce_sum(LogMel()(waveform))

    assert np.abs(tape.gradient(total, waveform).numpy()).max() > 0


def test_the_tables_of_the_transform_are_small(content: bytes) -> None:
    # As one product with a matrix, they would have four megabytes.
    assert len(content) < 130_000
