"""The export: what it writes, that it answers as what was trained, and that it appears whole or not at all."""

import json
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tears.audio.format import float_from_int16
from tears.own_data.sounds.named_signals import named_signals
from tears.trainer.errors import ExportError
from tears.trainer.exporting import comparison
from tears.trainer.exporting import formats as serving
from tears.trainer.exporting.export import export, export_over
from tears.trainer.exporting.version_folders import STALE_SECONDS, new_version, next_number
from tears.trainer.speech_commands.architectures import PREPROCESSES, ModelSettings, build
from tears.trainer.speech_commands.architectures.fingerprints import Fingerprint

Array = npt.NDArray[Any]

LABELS = ("_silence_", "_unknown_", "quiet", "crying")
SHORT = ModelSettings(len(LABELS))
BLOG = ModelSettings(len(LABELS), 22_050, 5_000)
FILES = {
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "model.tflite",
    "labels.txt",
    "waveform.json",
    "assets.extra/tf_serving_warmup_requests",
}


def trained(name: str = "tiny_conv", settings: ModelSettings = SHORT) -> Any:
    """A model that has learnt nothing, always the same."""
    tf.keras.utils.set_random_seed(59185)
    return build(name, settings)


def windows(settings: ModelSettings) -> dict[str, Array]:
    """The named signals in steps of int16, float32 of shape [1, samples]."""
    signals = named_signals(settings.clip_samples, settings.sample_rate_hz)
    return {name: float_from_int16(np.round(s * 32767).astype(np.int16))[None] for name, s in signals.items()}


def of_tflite(version: Path, waveform: Array) -> dict[str, float]:
    runner = Interpreter(model_path=str(version / "model.tflite"), num_threads=1).get_signature_runner()
    return {label: float(score.item()) for label, score in runner(waveform=waveform).items()}


def operations(version: Path) -> set[str]:
    interpreter = Interpreter(model_path=str(version / "model.tflite"), num_threads=1)
    return {operation["op_name"] for operation in interpreter._get_ops_details()}


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported tiny_conv; only read it."""
    return export(trained(), LABELS, tmp_path_factory.mktemp("exported"), SHORT)


def test_a_version_has_every_file_that_servers_need(version: Path) -> None:
    assert version.name == "1"
    assert files_in(version) >= FILES
    assert (version / "labels.txt").read_text() == "_silence_\n_unknown_\nquiet\ncrying\n"
    assert json.loads((version / "waveform.json").read_text()) == {"samples": 16_000, "sample_rate_hz": 16_000}
    # A server may run as somebody else.
    assert version.stat().st_mode & 0o755 == 0o755


def test_the_saved_model_keeps_each_weight_once(tmp_path: Path) -> None:
    model = trained("conv")
    version = export(model, LABELS, tmp_path, SHORT)
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
    # No size is open: a batch of one is faster than a batch of any.
    assert runner.get_input_details()["waveform"]["shape_signature"].tolist() == [1, 16_000]
    assert set(runner.get_output_details()) == set(LABELS)
    assert all(detail["shape_signature"].tolist() == [1, 1] for detail in runner.get_output_details().values())


def test_the_scores_have_the_name_that_they_had_in_the_originals_graph(version: Path) -> None:
    signature = tf.saved_model.load(str(version)).signatures["serving_default"]
    graphs = [signature.graph, *(function.graph for function in signature.graph._functions.values())]
    names = [operation.name for graph in graphs for operation in graph.get_operations()]

    assert any(name.endswith("labels_softmax") for name in names)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("single_fc", SHORT),
        ("conv", ModelSettings(4, upper_frequency_hz=4_000.0)),
        ("low_latency_conv", ModelSettings(4, preprocess="average")),
        ("low_latency_svdf", SHORT),
        ("tiny_conv", SHORT),
        ("tiny_embedding_conv", ModelSettings(4, preprocess="micro")),
        ("nursery", BLOG),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_architecture_is_served_as_it_was_trained(name: str, settings: ModelSettings, tmp_path: Path) -> None:
    model = trained(name, settings)
    version = export(model, LABELS, tmp_path, settings)
    saved_model = tf.saved_model.load(str(version)).signatures["serving_default"]

    for signal, waveform in windows(settings).items():
        expected = tf.nn.softmax(model(waveform, training=False)).numpy()[0]
        lite = of_tflite(version, waveform)
        saved = {label: float(score.numpy().item()) for label, score in saved_model(waveform=waveform).items()}
        for label, score in zip(LABELS, expected, strict=True):
            assert saved[label] == pytest.approx(score, abs=1e-4), signal
            assert lite[label] == pytest.approx(saved[label], abs=1e-4), signal
        assert sum(lite.values()) == pytest.approx(1.0, abs=1e-5)
    # What TFLite has not built in would come as FlexRFFT and the like, or as a custom operation.
    assert not {name for name in operations(version) if name.startswith("Flex") or name == "CUSTOM"}
    assert name == "nursery" or "RFFT2D" in operations(version)


def test_every_front_end_converts_with_a_batch_of_any_size_too(tmp_path: Path) -> None:
    waveform = tf.keras.layers.Input((SHORT.clip_samples,))
    every = {name: Fingerprint(replace(SHORT, preprocess=name))(waveform) for name in PREPROCESSES}
    model = tf.keras.Model(waveform, every)
    archive = tf.keras.export.ExportArchive()
    archive.track(model)
    open_batch = tf.TensorSpec((None, SHORT.clip_samples), tf.float32, name="waveform")
    archive.add_endpoint("serving_default", model.call, input_signature=[open_batch])
    archive.write_out(str(tmp_path), verbose=False)
    content = serving.to_tflite(tmp_path, quantize=False)
    clips = np.concatenate([windows(SHORT)["hiss"], windows(SHORT)["cry-like"]])

    answers = Interpreter(model_content=content).get_signature_runner("serving_default")(waveform=clips)

    for name, fingerprints in model(clips).items():
        np.testing.assert_allclose(answers[name], fingerprints, rtol=1e-3, atol=5e-3, err_msg=name)


def test_weights_of_eight_bits_make_a_small_file_and_leave_the_front_end_as_it_is(tmp_path: Path) -> None:
    settings = ModelSettings(len(LABELS), quantize=True)
    model = trained("conv", settings)
    version = export(model, LABELS, tmp_path, settings)
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
    ids=["not a number", "another answer"],
)
def test_a_model_that_answers_otherwise_than_the_trained_one_is_not_exported(
    answer: Callable[[Any], Any], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((1, SHORT.clip_samples), tf.float32, name="waveform")]
    )
    def wrong(waveform: Any) -> dict[str, Any]:
        return {label: answer(waveform[:, :1]) for label in LABELS}

    class Wrong(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.wrong = wrong

    tf.saved_model.save(Wrong(), str(tmp_path / "wrong"), signatures={"serving_default": wrong})
    spoilt = serving.to_tflite(tmp_path / "wrong", quantize=False)
    monkeypatch.setattr(serving, "to_tflite", lambda *_, **__: spoilt)

    with pytest.raises(ExportError, match=complaint):
        export(trained(), LABELS, tmp_path / "export", SHORT)
    assert list((tmp_path / "export").iterdir()) == []


def test_a_saved_model_with_other_weights_is_noticed_by_signal_and_distance(version: Path) -> None:
    other = trained()
    other.get_layer("logits").bias.assign([3.0, 0.0, 0.0, 0.0])

    with pytest.raises(ExportError, match=r"silence: the SavedModel gives \S+ 0\.\d+ and the trained model"):
        comparison.compare(other, LABELS, version, {"silence": np.zeros(16_000, np.float32)})


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (LABELS[:3], "4 outputs, and there are 3 labels"),
        (("a", "b", "c", "a"), "a: a label stands twice"),
        (("a", "b", "c", ""), "'' cannot be a label"),
        (("a", "b", "c", "d\ne"), "cannot be a label"),
        (("a", "b", "c", " d"), "cannot be a label"),
    ],
)
def test_labels_that_cannot_name_outputs_are_refused(labels: tuple[str, ...], complaint: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=complaint):
        export(trained(), labels, tmp_path, SHORT)
    assert list(tmp_path.iterdir()) == []


def test_any_printable_label_names_an_output_as_it_is(tmp_path: Path) -> None:
    labels = ("_silence_", "other noise", "Wörter/a:b", "2")
    version = export(trained("single_fc"), labels, tmp_path, SHORT)

    assert set(of_tflite(version, windows(SHORT)["hiss"])) == set(labels)
    assert (version / "labels.txt").read_text(encoding="utf-8").splitlines() == list(labels)


def test_each_version_gets_the_number_after_the_highest(tmp_path: Path) -> None:
    for name in ("9", "10", "tmp", "1.5", ".unfinished-x", "-3", "٣"):
        (tmp_path / name).mkdir()

    numbers = []
    for _ in range(2):
        with new_version(tmp_path) as place:
            numbers.append(next_number(place, tmp_path).name)

    assert numbers == ["11", "12"]


def test_two_that_export_at_once_get_two_numbers(tmp_path: Path) -> None:
    ready = threading.Barrier(8)
    paths = []

    def write() -> None:
        with new_version(tmp_path) as place:
            (place / "model.tflite").write_bytes(b"x")
            ready.wait()
            paths.append(next_number(place, tmp_path))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(int(path.name) for path in paths) == list(range(1, 9))
    assert all((path / "model.tflite").is_file() for path in paths)


def test_whoever_watches_the_folder_sees_a_version_whole_or_not_at_all(tmp_path: Path) -> None:
    seen: list[set[str]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for path in tmp_path.iterdir():
                if path.name.isdigit():
                    seen.append(files_in(path))
                    return

    watcher = threading.Thread(target=watch)
    watcher.start()
    version = export(trained("single_fc"), LABELS, tmp_path, SHORT)
    watcher.join(timeout=10)
    done.set()

    assert seen
    assert seen == [files_in(version)]


def test_what_a_killed_export_left_is_removed_a_day_later(tmp_path: Path) -> None:
    for name, age_seconds in ((".unfinished-old", 2 * STALE_SECONDS), (".unfinished-now", 0.0)):
        (tmp_path / name).mkdir()
        changed = time.time() - age_seconds
        os.utime(tmp_path / name, (changed, changed))
    with new_version(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".unfinished-now"]


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """No file can grow beyond that; to whoever writes one it looks like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size_bytes", [10_000, 100_000])
def test_a_disk_that_is_full_leaves_nothing_half_written(size_bytes: int, tmp_path: Path) -> None:
    model = trained("single_fc")

    with files_of_at_most(size_bytes), pytest.raises(ExportError, match=r"cannot be written.*free some space"):
        export(model, LABELS, tmp_path, SHORT)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ExportError, match=r"file/export cannot be written \(Not a directory\)"):
        export(trained("single_fc"), LABELS, tmp_path / "file" / "export", SHORT)


def test_an_export_over_a_version_leaves_its_card_alone(tmp_path: Path) -> None:
    path = tmp_path / "cry" / "1"
    (path / "variables").mkdir(parents=True)
    (path / "variables" / "stale").write_text("of an earlier export")
    (path / "MODEL_CARD.md").write_text("read me")
    model = trained("single_fc")

    scores = export_over(model, LABELS, path, SHORT)

    assert (path / "MODEL_CARD.md").read_text() == "read me"
    assert not (path / "variables" / "stale").exists()
    assert files_in(path) >= FILES
    assert [entry.name for entry in path.parent.iterdir()] == ["1"]
    assert scores["hiss"].sum() == pytest.approx(1.0, abs=1e-5)
    assert set(scores) == set(named_signals())
