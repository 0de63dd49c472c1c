"""Adapting a model with a linear head: all signatures stay, and the head that was trained stands in both formats."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from support.training.exports import export_settings, export_with_head, files_in, untrained_features

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import int16_from_float
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.head_version import read_version_head
from tears.trainer.exporting.comparison import named_windows
from tears.trainer.exporting.version_folders import draft_version, publish_version
from tears.trainer.fine_tuning.adapted_version import write_adapted
from tears.trainer.fine_tuning.trainable_model import WINDOWS_PER_STEP, TaughtWindow, TrainableModel, train_one_pass
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings

HEAD = DecisionHead(np.linspace(-3, 3, 24, dtype=np.float32), 0.1, 1.7, -0.25)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export a version with a head; tests must not change its files."""
    return export_with_head(untrained_features(24), tmp_path_factory.mktemp("base"), HEAD)


@pytest.mark.parametrize("took_integers", [True, False], ids=["as exported now", "as exported before"])
def test_an_adapted_version_has_all_signatures_and_names_its_own_head(
    base: Path, tmp_path: Path, *, took_integers: bool
) -> None:
    if not took_integers:
        loaded = tf.saved_model.load(str(base))
        base = shutil.copytree(base, tmp_path / "before")
        known = {name: loaded.signatures[name] for name in ("serving_default", "embed")}
        tf.saved_model.save(loaded, str(base), signatures=known)
    model = TrainableModel(base, "crying")
    window = named_windows()["hiss"]
    step = model.step_of(model.weights, tf.keras.optimizers.Adam(0.05))
    train_one_pass(step, [TaughtWindow(window, 0.9, 1.0)] * WINDOWS_PER_STEP, np.random.default_rng(1))
    with draft_version(tmp_path / "adapted") as draft:
        write_adapted(draft, model, base)
        version = publish_version(draft)
    head, trained = read_version_head(version), model.decision_head()
    runner = Interpreter(model_path=str(version / "model.tflite")).get_signature_runner
    scores, features = (
        runner("serving_default")(waveform=window[np.newaxis]),
        runner("embed")(waveform=window[np.newaxis]),
    )

    assert trained is not None
    assert np.array_equal(head.weights, trained.weights)
    assert np.abs(head.weights - HEAD.weights).max() > 0.01
    assert head.bias != HEAD.bias
    # The calibration stays.
    assert (head.scale, head.offset) == (HEAD.scale, HEAD.offset)
    assert scores["crying"].item() == pytest.approx(head.scores(features["features"])[0], abs=1e-5)
    adapted = tf.saved_model.load(str(version))
    assert set(adapted.signatures) == {"serving_default", "serving_int16", "embed"}
    integers = int16_from_float(window)[np.newaxis]
    assert runner("serving_int16")(waveform=integers) == scores
    of_integers = adapted.signatures["serving_int16"](waveform=tf.constant(integers))
    assert of_integers["crying"].numpy().item() == pytest.approx(scores["crying"].item(), abs=0.05)
    assert files_in(version) >= files_in(base) - {"fingerprint.pb", "expected_scores.json"}


def test_a_model_without_a_head_is_adapted_with_its_one_signature(tmp_path: Path) -> None:
    settings = ArchitectureSettings(2, MODEL_RATE_HZ, 5_000)
    base = export_settings(untrained_features(2), tmp_path / "base", settings, ("crying", "other"))
    model = TrainableModel(base, "crying")
    with draft_version(tmp_path / "adapted") as draft:
        tflite = write_adapted(draft, model, base)
        signatures = Interpreter(model_path=str(tflite)).get_signature_list()

    assert model.decision_head() is None
    assert set(signatures) == {"serving_default"}
