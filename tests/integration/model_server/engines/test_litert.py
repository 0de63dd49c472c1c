"""The LiteRT engine on real files."""

import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tears.model_server.engines.litert import MAX_OLD_MESSAGES, LiteRTServable, _try_on_zeros, load_tflite
from tears.model_server.engines.tflite_file import signature_defs_metadata, signature_subgraphs
from tears.model_server.errors import DeadlineError, InferenceError, InvalidArgumentError, LoadError
from tears.model_server.wire.signatures import Signature, TensorSpec
from tears.model_server.wire.tensors import Array
from tears.tfserving.v1 import tensor_pb2
from tears.tfserving.v1.metadata_pb2 import SignatureDef

load = partial(load_tflite, interpreters=2, threads=1)


def test_signatures_have_names_dtypes_and_shapes_with_open_sizes(zoo: Path) -> None:
    servable = load(zoo / "two_signatures" / "1")
    assert sorted(servable.signatures) == ["serving_default", "three"]
    default = servable.signatures["serving_default"]
    assert default.inputs == {"x": TensorSpec("serving_default_x:0", tensor_pb2.DT_FLOAT, (-1, 1))}
    three = servable.signatures["three"]
    assert {name: (spec.dtype, spec.shape) for name, spec in three.outputs.items()} == {
        "y": (tensor_pb2.DT_FLOAT, (3,)),
        "floor": (tensor_pb2.DT_INT32, (3,)),
    }


def test_each_signature_computes_its_own(zoo: Path) -> None:
    servable = load(zoo / "two_signatures" / "1")
    x = np.array([1, 2, 4], np.float32)
    assert servable.run("three", {"x": x}, ["y", "floor"])["floor"].tolist() == [3, 4, 5]
    assert servable.run("serving_default", {"x": x[:, None]}, ["y"])["y"].tolist() == [[2.5], [3.0], [4.0]]


def test_a_batch_may_have_another_size_each_time(zoo: Path) -> None:
    servable = load(zoo / "half_plus_two" / "1")
    for size in (1, 5, 0, 2):
        assert servable.run("serving_default", {"x": np.ones((size, 1), np.float32)}, ["y"])["y"].shape == (size, 1)


def test_a_file_without_signatures_is_served_by_its_tensors_names(zoo: Path) -> None:
    servable = load(zoo / "bare" / "1")
    signature = servable.signatures["serving_default"]
    assert list(signature.inputs) == ["x"]
    outputs = servable.run("serving_default", {"x": np.array([1, 2, 4], np.float32)}, list(signature.outputs))
    assert sorted(array.tolist() for array in outputs.values()) == [[3, 4, 5], [3.5, 4.0, 5.0]]


def test_an_older_files_signature_stands_in_its_metadata(zoo: Path) -> None:
    signature = load(zoo / "frozen_with_metadata" / "1").signatures["serving_default"]
    assert {alias: spec.name for alias, spec in signature.inputs.items()} == {"x": "x_tensor"}
    assert {alias: spec.name for alias, spec in signature.outputs.items()} == {"y": "y_tensor"}
    assert signature.method_name == "tensorflow/serving/predict"
    assert list(load(zoo / "frozen" / "1").signatures["serving_default"].inputs) == ["x_tensor"]


@pytest.mark.parametrize("shape", [(1,), (1, 1), (3,), (2, 2), (), (0,)])
def test_an_older_file_takes_any_shape_that_its_graph_takes(zoo: Path, shape: tuple[int, ...]) -> None:
    servable = load(zoo / "frozen_with_metadata" / "1")
    y = servable.run("serving_default", {"x": np.full(shape, 2, np.float32)}, ["y"])["y"]
    np.testing.assert_array_equal(y, np.full(shape, 3, np.float32), strict=True)


def test_a_shape_that_an_older_graph_refuses_is_an_invalid_argument_and_does_no_harm(
    zoo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servable = load_tflite(zoo / "frozen_with_metadata" / "1", interpreters=1, threads=1)
    (interpreter,) = servable._idle.queue

    def refuse(*_: object) -> None:
        raise RuntimeError("Node number 0 (CONV_2D)\nfailed to prepare.")

    with monkeypatch.context() as refusing:
        refusing.setattr(interpreter._graphs["serving_default"], "run", refuse)
        with pytest.raises(InvalidArgumentError, match=r"input x has shape \[3\], the model \[1, 1\]: .* to prepare"):
            servable.run("serving_default", {"x": np.ones(3, np.float32)}, ["y"])
        with pytest.raises(InferenceError, match="the model failed"):
            servable.run("serving_default", {"x": np.ones((1, 1), np.float32)}, ["y"])
    assert servable.run("serving_default", {"x": np.ones((1, 1), np.float32)}, ["y"])["y"].tolist() == [[2.5]]


def test_metadata_that_names_an_unknown_tensor_is_refused(zoo: Path) -> None:
    with pytest.raises(LoadError, match=r"signature serving_default names the tensor elsewhere:0, .* \['x_tensor'\]"):
        load(zoo / "bad_metadata" / "1")


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_metadata_that_is_damaged_is_refused_or_read(zoo: Path, data: st.DataObject) -> None:
    content = bytearray((zoo / "frozen_with_metadata" / "1" / "model.tflite").read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:end])):
        try:
            found = signature_defs_metadata(damaged)
        except LoadError:
            continue
        assert all(isinstance(definition, SignatureDef) for definition in found.values())


def test_int16_windows_go_in_as_they_are(zoo: Path) -> None:
    servable = load(zoo / "cry_int16" / "1")
    assert servable.signatures["serving_default"].inputs["waveform"].dtype == tensor_pb2.DT_INT16
    window = np.full((1, 110_250), 16_384, np.int16)
    assert servable.run("serving_default", {"waveform": window}, ["crying"])["crying"][0] == pytest.approx(0.5)


def test_strings_come_out(zoo: Path) -> None:
    results = load(zoo / "loudness" / "1").run(
        "serving_default", {"level": np.array([0.1, 0.9], np.float32)}, ["word", "level"]
    )
    assert results["word"].tolist() == [b"quiet", b"loud"]
    assert results["level"].tolist() == pytest.approx([0.1, 0.9])


def test_a_scalar_output_is_an_array_too(zoo: Path) -> None:
    results = load(zoo / "rows" / "1").run("serving_default", {"x": np.ones((2, 3), np.float32)}, ["all", "sum"])
    assert (results["all"].shape, results["all"].tolist(), results["sum"].tolist()) == ((), 6.0, [3.0, 3.0])


def test_a_graph_that_refuses_zeros_is_served_all_the_same(zoo: Path, caplog: pytest.LogCaptureFixture) -> None:
    servable = load(zoo / "quotient" / "1")
    assert "signature serving_default could not be tried on zeros: Division by 0" in caplog.text
    seven, two, none = (np.full(2, number, np.int32) for number in (7, 2, 0))
    with pytest.raises(InferenceError, match="Division by 0"):
        servable.run("serving_default", {"a": seven, "b": none}, ["quotient"])
    assert servable.run("serving_default", {"a": seven, "b": two}, ["quotient"])["quotient"].tolist() == [3, 3]


def test_a_graph_that_needs_several_samples_is_served_and_too_few_are_an_invalid_argument(zoo: Path) -> None:
    servable = load_tflite(zoo / "sound" / "1", interpreters=1, threads=1)
    enough, too_few = np.full((1, 20, 1), 0.5, np.float32), np.full((1, 15, 1), 0.5, np.float32)
    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match=r"input x has shape \[1, 15, 1\], the model \[1, -1, 1\]"):
            servable.run("serving_default", {"x": too_few}, ["level"])
        assert servable.run("serving_default", {"x": enough}, ["level"])["level"].tolist() == [[[0.5], [0.5]]]


class PickyInterpreter:
    """Stands for an interpreter that accepts `x` if it has enough samples."""

    def __init__(self, least: int, complaint: str) -> None:
        self.least = least
        self.complaint = complaint
        self.tried: list[int] = []

    def run(self, _: str, inputs: Mapping[str, Array], outputs: Sequence[str]) -> dict[str, Array]:
        self.tried.append(inputs["x"].shape[1])
        if self.tried[-1] < self.least:
            raise InferenceError(self.complaint)
        return dict.fromkeys(outputs, inputs["x"])


@pytest.mark.parametrize(
    ("shape", "least", "complaint", "tried", "expected"),
    [
        ((1, -1), 100, "failed to prepare", [1, 16, 1024], ""),
        ((1, -1), 10**6, "failed to prepare", [1, 16, 1024, 16_384], "could not be tried on zeros: failed to prepare"),
        ((1, -1), 100, "failed to invoke", [1], "could not be tried on zeros: failed to invoke"),
        ((1, -1), 100, "Select TensorFlow op(s) failed to prepare", [1], None),
        ((1, -1), 100, "something else", [1], None),
        ((1, 5), 100, "failed to prepare", [5], None),
        ((1, -1, 60_000), 100, "failed to prepare", [1, 16], "could not be tried on zeros: failed to prepare"),
    ],
)
def test_sizes_are_tried_until_one_is_large_enough(
    caplog: pytest.LogCaptureFixture,
    shape: tuple[int, ...],
    least: int,
    complaint: str,
    tried: list[int],
    expected: str | None,
) -> None:
    spec = TensorSpec("x", tensor_pb2.DT_FLOAT, shape)
    choosy: Any = PickyInterpreter(least, complaint)
    with nullcontext() if expected is not None else pytest.raises(LoadError, match=re.escape(complaint)):
        _try_on_zeros(choosy, "s", Signature({"x": spec}, {"y": spec}))
    assert choosy.tried == tried
    assert (expected or "") in caplog.text
    assert bool(caplog.text) == bool(expected)


def test_an_output_that_turns_out_empty_is_empty(zoo: Path) -> None:
    servable = load(zoo / "sound" / "1")
    for levels, loud in (([0.1, 0.9], [[1]]), ([0.1, 0.1], []), ([0.9], [[0]])):
        x = np.array(levels, np.float32)
        results = servable.run("loud", {"x": x}, ["where", "x"])
        assert results["where"].tolist() == loud
        assert (results["where"].dtype, results["where"].shape[1:]) == (np.dtype(np.int64), (1,))
        np.testing.assert_array_equal(results["x"], x)


@pytest.mark.parametrize("model", ["two_signatures", "sound"])
def test_the_subgraph_of_each_signature_is_read_from_the_file(zoo: Path, model: str) -> None:
    content = (zoo / model / "1" / "model.tflite").read_bytes()
    interpreter = Interpreter(model_content=content)
    known = interpreter._interpreter.GetSubgraphIndexFromSignature
    assert signature_subgraphs(content) == {name: known(name) for name in interpreter.get_signature_list()}


def test_a_missing_op_is_found_at_load_even_if_the_file_takes_strings(zoo: Path) -> None:
    with pytest.raises(LoadError, match="unresolved custom op: ParseExample"):
        load(zoo / "custom_op" / "1")


def test_each_failure_is_reported_once_and_a_thousand_do_not_accumulate(zoo: Path) -> None:
    servable = load_tflite(zoo / "quotient" / "1", interpreters=1, threads=1)
    seven, two, none = (np.full(2, number, np.int32) for number in (7, 2, 0))
    (interpreter,) = servable._idle.queue
    for _ in range(1000):
        with pytest.raises(InferenceError) as failed:
            servable.run("serving_default", {"a": seven, "b": none}, ["quotient"])
        assert str(failed.value).count("Division by 0") == 1
        assert len(interpreter._old_messages) <= MAX_OLD_MESSAGES
    assert servable.run("serving_default", {"a": seven, "b": two}, ["quotient"])["quotient"].tolist() == [3, 3]


def test_requests_from_many_threads_never_mix(zoo: Path) -> None:
    servable = load(zoo / "cry" / "1")

    def ask(number: int) -> tuple[float, float]:
        window = np.full((1, 110_250), number / 100, np.float32)
        return number / 100, float(servable.run("serving_default", {"waveform": window}, ["crying"])["crying"][0])

    with ThreadPoolExecutor(8) as pool:
        for meant, expected in pool.map(ask, range(100)):
            assert expected == pytest.approx(meant, abs=1e-4)


def test_an_input_is_not_kept_alive_or_changed(zoo: Path) -> None:
    servable = load(zoo / "half_plus_two" / "1")
    x = np.frombuffer(np.ones((2, 1), "<f4").tobytes(), "<f4").reshape(2, 1)
    servable.run("serving_default", {"x": x}, ["y"])
    assert x.tolist() == [[1.0], [1.0]]


def test_a_request_waits_for_an_interpreter_no_longer_than_its_timeout(zoo: Path) -> None:
    content = (zoo / "half_plus_two" / "1" / "model.tflite").read_bytes()
    servable = LiteRTServable(content, interpreters=1, threads=1)
    taken = servable._idle.get()
    with pytest.raises(DeadlineError):
        servable.run("serving_default", {"x": np.ones((1, 1), np.float32)}, ["y"], timeout_seconds=0.01)
    threading.Timer(0.05, servable._idle.put, [taken]).start()
    assert servable.run("serving_default", {"x": np.ones((1, 1), np.float32)}, ["y"])["y"].tolist() == [[2.5]]


def test_an_interpreter_that_failed_is_given_back_and_works_again(zoo: Path) -> None:
    content = (zoo / "cry" / "1" / "model.tflite").read_bytes()
    servable = LiteRTServable(content, interpreters=1, threads=1)
    with pytest.raises(InferenceError):
        servable.run("serving_default", {"waveform": np.ones((1, 110_250), np.float64)}, ["crying"])
    window = np.full((1, 110_250), 0.5, np.float32)
    assert servable.run("serving_default", {"waveform": window}, ["noise"])["noise"][0] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "has no model.tflite"),
        (b"", "is empty"),
        (b"not a flatbuffer at all" * 10, "LiteRT cannot run it"),
        ("truncated", "LiteRT cannot run it"),
    ],
)
def test_a_folder_that_cannot_be_served_is_named_with_what_it_lacks(
    zoo: Path, tmp_path: Path, content: bytes | str | None, expected: str
) -> None:
    if content == "truncated":
        content = (zoo / "cry" / "1" / "model.tflite").read_bytes()[:-200]
    if isinstance(content, bytes):
        (tmp_path / "model.tflite").write_bytes(content)
    with pytest.raises(LoadError, match=expected) as refused:
        load(tmp_path)
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)
