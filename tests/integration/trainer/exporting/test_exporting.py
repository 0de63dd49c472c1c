"""The export: what it writes, and that it answers as the trained model does."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from support.training.exports import (
    LABELS,
    SHORT_SETTINGS,
    VERSION_FILES,
    export_settings,
    export_untrained,
    files_in,
    untrained,
)

from tears.trainer.errors import ExportError
from tears.trainer.exporting import comparison, export
from tears.trainer.speech_commands.architectures.fingerprints import Fingerprint
from tears.trainer.speech_commands.architectures.settings import PREPROCESSES, ArchitectureSettings

Array = npt.NDArray[Any]
BLOG = ArchitectureSettings(len(LABELS), 22_050, 5_000)


def windows(settings: ArchitectureSettings) -> dict[str, Array]:
    """Return the named signals in steps of int16, each float32 of shape [1, samples]."""
    named = comparison.named_windows(settings.clip_samples, settings.sample_rate_hz)
    return {name: window[None] for name, window in named.items()}


def of_tflite(version: Path, waveform: Array) -> dict[str, float]:
    runner = Interpreter(model_path=str(version / "model.tflite"), num_threads=1).get_signature_runner()
    return {label: float(score.item()) for label, score in runner(waveform=waveform).items()}


def operations(version: Path) -> set[str]:
    interpreter = Interpreter(model_path=str(version / "model.tflite"), num_threads=1)
    return {operation["op_name"] for operation in interpreter._get_ops_details()}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an exported tiny_conv; tests must not change its files."""
    return export_untrained(tmp_path_factory.mktemp("exported"))


def test_a_version_has_every_file_that_servers_need(version: Path) -> None:
    assert version.name == "1"
    assert files_in(version) >= VERSION_FILES
    assert (version / "labels.txt").read_text() == "_silence_\n_unknown_\nquiet\ncrying\n"
    assert json.loads((version / "waveform.json").read_text()) == {"samples": 16_000, "sample_rate_hz": 16_000}
    # A server may run as another user.
    assert version.stat().st_mode & 0o755 == 0o755


def test_the_saved_model_keeps_each_weight_once(tmp_path: Path) -> None:
    model = untrained("conv")
    version = export_settings(model, tmp_path)
    kept = tf.train.list_variables(str(version / "variables" / "variables"))

    assert sum(int(np.prod(shape)) for name, shape in kept if "VARIABLE_VALUE" in name) == model.count_params()


def test_both_formats_take_one_waveform_and_name_a_score_for_each_label(version: Path) -> None:
    signature = tf.saved_model.load(str(version)).signatures["serving_default"]
    runner = Interpreter(model_path=str(version / "model.tflite")).get_signature_runner("serving_default")

    given = signature.structured_input_signature[1]
    assert {name: (spec.shape.as_list(), spec.dtype) for name, spec in given.items()} == {
        "waveform": ([1, 16_000], tf.float32)
    }
    assert set(signature.structured_outputs) == set(LABELS)
    assert all(spec.shape.as_list() == [1, 1] for spec in signature.structured_outputs.values())
    # No size is open: a batch of one is faster than a batch of any size.
    assert runner.get_input_details()["waveform"]["shape_signature"].tolist() == [1, 16_000]
    assert set(runner.get_output_details()) == set(LABELS)
    assert all(detail["shape_signature"].tolist() == [1, 1] for detail in runner.get_output_details().values())


def test_the_scores_have_their_name_in_the_originals_graph(version: Path) -> None:
    signature = tf.saved_model.load(str(version)).signatures["serving_default"]
    graphs = [signature.graph, *(function.graph for function in signature.graph._functions.values())]
    names = [operation.name for graph in graphs for operation in graph.get_operations()]

    assert any(name.endswith("labels_softmax") for name in names)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("single_fc", SHORT_SETTINGS),
        ("conv", ArchitectureSettings(4, upper_frequency_hz=4_000.0)),
        ("low_latency_conv", ArchitectureSettings(4, preprocess="average")),
        ("low_latency_svdf", SHORT_SETTINGS),
        ("tiny_conv", SHORT_SETTINGS),
        ("tiny_embedding_conv", ArchitectureSettings(4, preprocess="micro")),
        ("nursery", BLOG),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_untrained_architecture_gives_the_same_scores_after_its_export(
    name: str, settings: ArchitectureSettings, tmp_path: Path
) -> None:
    model = untrained(name, settings)
    version = export_settings(model, tmp_path, settings)
    saved_model = tf.saved_model.load(str(version)).signatures["serving_default"]

    for signal, waveform in windows(settings).items():
        expected = tf.nn.softmax(model(waveform, training=False)).numpy()[0]
        lite = of_tflite(version, waveform)
        saved = {label: float(score.numpy().item()) for label, score in saved_model(waveform=waveform).items()}
        for label, score in zip(LABELS, expected, strict=True):
            assert saved[label] == pytest.approx(score, abs=1e-4), signal
            assert lite[label] == pytest.approx(saved[label], abs=1e-4), signal
        assert sum(lite.values()) == pytest.approx(1.0, abs=1e-5)
    # Operations that are not built into TFLite would be FlexRFFT and the like, or custom operations.
    assert not {name for name in operations(version) if name.startswith("Flex") or name == "CUSTOM"}
    assert name == "nursery" or "RFFT2D" in operations(version)


def test_every_front_end_converts_with_a_batch_of_any_size_too(tmp_path: Path) -> None:
    waveform = tf.keras.layers.Input((SHORT_SETTINGS.clip_samples,))
    every = {name: Fingerprint(replace(SHORT_SETTINGS, preprocess=name))(waveform) for name in PREPROCESSES}
    model = tf.keras.Model(waveform, every)
    archive = tf.keras.export.ExportArchive()
    archive.track(model)
    open_batch = tf.TensorSpec((None, SHORT_SETTINGS.clip_samples), tf.float32, name="waveform")
    archive.add_endpoint("serving_default", model.call, input_signature=[open_batch])
    archive.write_out(str(tmp_path), verbose=False)
    content = export.to_tflite(tmp_path, quantize=False)
    clips = np.concatenate([windows(SHORT_SETTINGS)["hiss"], windows(SHORT_SETTINGS)["cry-like"]])

    answers = Interpreter(model_content=content).get_signature_runner("serving_default")(waveform=clips)

    for name, fingerprints in model(clips).items():
        np.testing.assert_allclose(answers[name], fingerprints, rtol=1e-3, atol=5e-3, err_msg=name)


def test_weights_of_eight_bits_make_a_small_file_and_leave_the_front_end_as_it_is(tmp_path: Path) -> None:
    settings = ArchitectureSettings(len(LABELS), quantize=True)
    model = untrained("conv", settings)
    version = export_settings(model, tmp_path, settings)
    interpreter = Interpreter(model_path=str(version / "model.tflite"))
    by_shape = {tuple(detail["shape"]): detail["dtype"] for detail in interpreter.get_tensor_details()}

    assert (version / "model.tflite").stat().st_size < 926_860 * 1.2
    assert by_shape[64, 20, 8, 1] is np.int8 or by_shape[1, 20, 8, 64] is np.int8
    assert by_shape[1, 40, 257] is np.float32  # mel weights
    for waveform in windows(settings).values():
        expected = tf.nn.softmax(model(waveform, training=False)).numpy()[0]
        assert list(of_tflite(version, waveform).values()) == pytest.approx(sorted_by_label(expected), abs=0.02)


def sorted_by_label(scores: Array) -> list[float]:
    return [float(score) for _, score in sorted(zip(LABELS, scores, strict=True))]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda x: tf.sqrt(x - 2.0), r"silence: model.tflite gives \S+ nan"),
        (lambda x: 0.25 + 0.0 * x, r"\w+: model.tflite gives \S+ 0\.250000 and the trained model 0\.\d+, \S+ apart"),
    ],
    ids=["NaN", "another answer"],
)
def test_a_model_that_does_not_answer_as_the_trained_one_does_is_not_exported(
    answer: Callable[[Any], Any], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((1, SHORT_SETTINGS.clip_samples), tf.float32, name="waveform")]
    )
    def wrong(waveform: Any) -> dict[str, Any]:
        return {label: answer(waveform[:, :1]) for label in LABELS}

    class Wrong(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.wrong = wrong

    tf.saved_model.save(Wrong(), str(tmp_path / "wrong"), signatures={"serving_default": wrong})
    broken = export.to_tflite(tmp_path / "wrong", quantize=False)
    monkeypatch.setattr(export, "to_tflite", lambda *_, **__: broken)

    with pytest.raises(ExportError, match=complaint):
        export_untrained(tmp_path / "export")
    assert list((tmp_path / "export").iterdir()) == []


def test_a_saved_model_with_other_weights_is_an_error_with_signal_and_distance(version: Path) -> None:
    other = untrained()
    other.get_layer("logits").bias.assign([3.0, 0.0, 0.0, 0.0])

    with pytest.raises(ExportError, match=r"silence: the SavedModel gives \S+ 0\.\d+ and the trained model"):
        comparison.compare_formats(other, LABELS, version, {"silence": np.zeros(16_000, np.float32)})


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (LABELS[:3], "4 outputs, and there are 3 labels"),
        (("a", "b", "c", "a"), "a: a label occurs twice"),
        (("a", "b", "c", ""), "'' cannot be a label"),
        (("a", "b", "c", "d\ne"), "cannot be a label"),
        (("a", "b", "c", " d"), "cannot be a label"),
    ],
)
def test_labels_that_cannot_name_outputs_are_refused(labels: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=complaint):
        export_settings(untrained(), tmp_path, labels=labels)
    assert list(tmp_path.iterdir()) == []


def test_any_printable_label_names_an_output_as_it_is(tmp_path: Path) -> None:
    labels = ("_silence_", "other noise", "Wörter/a:b", "2")
    version = export_settings(untrained("single_fc"), tmp_path, labels=labels)

    assert set(of_tflite(version, windows(SHORT_SETTINGS)["hiss"])) == set(labels)
    assert (version / "labels.txt").read_text(encoding="utf-8").splitlines() == list(labels)
