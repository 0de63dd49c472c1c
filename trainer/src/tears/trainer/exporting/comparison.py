"""Runs what was exported beside what was trained, on signals that have names. Needs TensorFlow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tears.audio.format import Signal
from tears.own_data.scoring.native_silence import native_silence
from tears.own_data.versions.version_files import INPUT, SIGNATURE, TFLITE_FILE
from tears.trainer.errors import ExportError

Scores = npt.NDArray[np.float64]

# Three programs compute one graph with other kernels; 1e-4 is usual, and more where logits are large.
TOLERANCE: Final = 1e-3
# Weights in eight bits are other weights.
QUANTIZED_TOLERANCE: Final = 0.05


def compare(
    model: Any, labels: Sequence[str], folder: Path, signals: Mapping[str, Signal], *, tolerance: float = TOLERANCE
) -> dict[str, Scores]:
    """Compares SavedModel and model.tflite with the Keras model that they were made of.

    Args:
        model: float32 [n, samples] to logits float32 [n, len(labels)].
        labels: In the order of the logits.
        folder: Where the two lie.
        signals: Each float32 of shape [samples], by name.
        tolerance: How far the scores of model.tflite may be off.

    Returns:
        What model.tflite says of each signal: float64 of shape [labels], by the signal's name.

    Raises:
        ExportError: A score is no number or further off than it may be; tells the signal and by how much.
    """
    loaded = tf.saved_model.load(str(folder))
    saved_model = loaded.signatures[SIGNATURE]
    tflite = Interpreter(model_path=str(folder / TFLITE_FILE), num_threads=1).get_signature_runner(SIGNATURE)
    scores: dict[str, Scores] = {}
    for name, signal in signals.items():
        window = signal[np.newaxis].astype(np.float32)
        trained = tf.nn.softmax(model(window, training=False))[0].numpy().astype(np.float64)
        of_saved_model = _in_order(saved_model(**{INPUT: tf.constant(window)}), labels)
        # LiteRT tells of its delegate once it first runs.
        with native_silence():
            of_tflite = _in_order(tflite(**{INPUT: window}), labels)
        _require_close("the SavedModel", name, labels, of_saved_model, trained, TOLERANCE)
        _require_close(TFLITE_FILE, name, labels, of_tflite, trained, tolerance)
        scores[name] = of_tflite
    return scores


def _in_order(outputs: Mapping[str, Any], labels: Sequence[str]) -> Scores:
    return np.array([np.asarray(outputs[label], np.float64).reshape(()) for label in labels])


def _require_close(
    what: str, signal: str, labels: Sequence[str], scores: Scores, trained: Scores, tolerance: float
) -> None:
    differences = np.abs(scores - trained)
    # argmax takes NaN for the largest.
    worst = int(np.argmax(differences))
    largest = float(differences[worst])
    if not largest <= tolerance:
        raise ExportError(
            f"{signal}: {what} gives {labels[worst]} {scores[worst]:.6f} and the trained model {trained[worst]:.6f}, "
            f"{largest:.2g} apart; {tolerance:g} is allowed, and nothing was exported"
        )
