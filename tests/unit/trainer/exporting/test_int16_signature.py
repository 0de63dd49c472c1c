"""A model.tflite that also takes integers, made without TensorFlow."""

import contextlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert.interpreter import Interpreter
from support.head_models import TINY_HEAD, tiny_model
from support.places import SHIPPED_VERSION

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import float_from_int16
from tears.model_server.engines.litert import LiteRTServable
from tears.model_server.errors import InvalidArgumentError
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.tflite_head import find_head_places, read_head, replace_head
from tears.trainer.exporting.int16_signature import append_int16_signature
from tears.trainer.exporting.tflite_graph import read_model

BOTH = append_int16_signature(tiny_model())
OTHER_HEAD = DecisionHead(np.array([0.3, 0.7, -0.9, 1.1, -1.3], np.float32), -0.7, 1.3, 0.1)


def windows(amplitudes: tuple[float, ...]) -> list[npt.NDArray[np.int16]]:
    """Return noise of each amplitude; the loudest has both ends of the range of int16."""
    noise = np.random.default_rng(1).standard_normal((1, WINDOW_SAMPLES))
    return [(noise * amplitude).clip(-32_768, 32_767).astype(np.int16) for amplitude in amplitudes]


def answers(interpreter: Interpreter, samples: npt.NDArray[np.int16], signature: str) -> dict[str, bytes]:
    """Return the bytes of each output for samples, as they are or divided."""
    waveform = samples if signature == "serving_int16" else float_from_int16(samples)
    outputs = interpreter.get_signature_runner(signature)(waveform=waveform)
    return {label: values.tobytes() for label, values in outputs.items()}


@pytest.mark.parametrize("content", [BOTH, replace_head(BOTH, OTHER_HEAD)], ids=["as exported", "with another head"])
def test_integers_get_the_scores_of_the_same_floats_to_the_last_bit(content: bytes) -> None:
    interpreter = Interpreter(model_content=content)
    for samples in windows((0.0, 0.3, 20.0, 40_000.0)):
        scores = answers(interpreter, samples, "serving_int16")
        assert set(scores) == {"crying", "other"}
        assert scores == answers(interpreter, samples, "serving_default")


def test_the_shipped_model_takes_integers_and_gives_the_same_scores() -> None:
    interpreter = Interpreter(model_path=str(SHIPPED_VERSION / "model.tflite"))
    loud = set()
    for samples in windows((0.0, 3.0, 300.0, 8000.0, 40_000.0)):
        scores = answers(interpreter, samples, "serving_int16")
        assert scores == answers(interpreter, samples, "serving_default")
        loud.add(scores["crying"])
    assert len(loud) > 1


def test_the_signatures_change_neither_each_other_s_answers_nor_the_features() -> None:
    interpreter = Interpreter(model_content=BOTH)
    first, second = windows((50.0, 2000.0))
    before = [answers(interpreter, first, name) for name in ("serving_default", "embed")]
    answers(interpreter, second, "serving_int16")
    assert [answers(interpreter, first, name) for name in ("serving_default", "embed")] == before


def test_the_head_can_still_be_found_and_read() -> None:
    assert read_head(BOTH).scale == pytest.approx(TINY_HEAD.scale)
    assert find_head_places(BOTH).features == len(TINY_HEAD.weights)


def test_the_weights_are_not_in_the_file_a_second_time() -> None:
    assert len(BOTH) - len(tiny_model()) < 4000
    buffers = [[tensor.buffer for tensor in graph.tensors] for graph in read_model(BOTH).subgraphs]
    assert set(buffers[0]) < set(buffers[1])


@pytest.mark.parametrize("shape", [(2, WINDOW_SAMPLES), (1, 7), (1, 0), (WINDOW_SAMPLES,)])
@pytest.mark.parametrize("content", [BOTH, (SHIPPED_VERSION / "model.tflite").read_bytes()], ids=["tiny", "shipped"])
def test_a_request_of_another_shape_spoils_no_later_one(content: bytes, shape: tuple[int, ...]) -> None:
    servable = LiteRTServable(content, interpreters=1, threads=1)
    [window] = windows((300.0,))
    asked: dict[str, npt.NDArray[Any]] = {"serving_int16": window, "serving_default": float_from_int16(window)}

    def scores() -> list[float]:
        return [
            servable.run(name, {"waveform": waveform}, ["crying"])["crying"].item() for name, waveform in asked.items()
        ]

    before = scores()
    for name, dtype in (("serving_int16", np.int16), ("serving_default", np.float32)):
        with contextlib.suppress(InvalidArgumentError):
            servable.run(name, {"waveform": np.zeros(shape, dtype)}, ["crying"])
        assert scores() == before
    assert before[0] == before[1]
